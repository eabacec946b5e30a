#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "elector/config/address.h"
#include "elector/config/config.h"
#include "elector/config/facts.h"
#include "elector/election/instant.h"

// What the program was started to do: flags win over the environment, the environment over
// defaults.
namespace elector::config {

enum class Output { Human, Json };

// `status`: who leads, as a running elector says.
struct StatusRequest {
    Address address;
    election::Duration timeout{};  // for the whole question
    Output output = Output::Human;
};

enum class Probe { Live, Ready };

// `probe live`, `probe ready`: for exec probes.
struct ProbeRequest {
    Address address;
    election::Duration timeout{};
    Probe probe = Probe::Live;
};

struct HelpRequest {};
struct VersionRequest {};

// A Config stands for `run`.
using Invocation = std::variant<Config, StatusRequest, ProbeRequest, HelpRequest, VersionRequest>;

// The arguments or the environment are wrong. what() is one sentence that names the flag or the
// variable, its value and what is allowed. The program ends with kExitUsage.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Exit codes of all commands.
inline constexpr int kExitSuccess = 0;  // stopped as asked; status: this one leads; probe: yes
inline constexpr int kExitFailure = 1;  // run: could not start; status: another leads; probe: no
inline constexpr int kExitUsage = 2;    // wrong flags, environment or surroundings
inline constexpr int kExitNobodyLeads = 3;  // status only
inline constexpr int kExitNoAnswer = 4;     // status only

using Environment = std::map<std::string, std::string>;

// Decides by its arguments alone: `arguments` without the program's name, and what was found on
// this machine. A variable that is empty counts as not set. Throws Refusal.
Invocation parseInvocation(const std::vector<std::string>& arguments,
                           const Environment& environment, const Facts& facts);

}  // namespace elector::config
