#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/config/facts.h"
#include "elector/config/flag.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/election/election.h"
#include "elector/election/instant.h"
#include "elector/election/lease.h"
#include "elector/election/timing.h"
#include "elector/kubernetes/endpoint.h"
#include "elector/runtime/log.h"

namespace elector::config {

using election::OnMissing;
using election::OnShutdown;

// When /readyz answers 200.
enum class ReadyWhen {
    Synced,  // once the state of the Lease is known
    Leader,  // only while this process leads
};

// All that `run` was told, checked: whoever reads it need not check again. A value.
struct Config {
    std::string id;  // printable ASCII without spaces, not the reserved one, at most 253 characters
    election::LeaseKey lease;
    election::Timing timing;                // passes election::review without refusals
    Address address;                        // to serve on
    std::vector<Address> otherAddresses;    // to serve the same on
    std::vector<std::string> allowedHosts;  // names to answer for besides the id
    std::string kubeconfig;  // a path, or several with colons between; "": in-cluster
    // Where --store=file:DIR keeps its Leases; nothing: in Kubernetes.
    std::optional<std::string> folder;
    OnShutdown onShutdown = OnShutdown::Release;
    OnMissing onMissing = OnMissing::Create;
    election::Duration drain{0};        // from 0 to one hour
    std::optional<HealthCheck> health;  // nothing: the program counts as healthy
    ReadyWhen ready = ReadyWhen::Synced;
    std::string statusFolder;                      // where to keep who leads in files; "": nowhere
    std::optional<kubernetes::Endpoint> onChange;  // whom to tell who leads, if anybody
    // Started as kubernetes/contrib's elector is, which tells the leader's name and nothing else.
    bool tellsNamesOnly = false;
    // Why no program may ask this process to step down: a sentence; "" where those on the loopback
    // may.
    std::string takesNoOrders;
    // Injected into a Pod, for a Lease that nobody may have chosen: yields to others who use it.
    bool isInjected = false;
    // Why this process may not campaign, only follow: a sentence; "" where it may.
    std::string followsOnly;
    std::string podUid;  // letters, digits and dashes; "" where the process runs in no Pod
    runtime::LogLevel logLevel = runtime::LogLevel::Info;
    runtime::LogFormat logFormat = runtime::LogFormat::Json;

    // Sentences to log once the log exists: old names of flags, unwise durations.
    std::vector<std::string> warnings;
};

// What the program was started to do: flags win over the environment, the environment over
// defaults.
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

// `exec`: runs a program while this one leads.
struct ExecRequest {
    // Of its own campaign. With an elector to ask, only of the log, and durations, which are said
    // to be that one's.
    Config config;
    std::optional<Address> elector;  // whom to ask rather than campaign
    election::Duration grace{};      // how long before its term ends the program is told
    bool exitsOnLoss = false;
    election::Duration timeout{};      // of waiting for a term; zero: none
    std::vector<std::string> program;  // with its arguments; not empty
};

// `copy-to DIR`: puts this program, with all that it needs to run anywhere, into a folder.
struct CopyRequest {
    std::string folder;
    std::string seenAt;  // where it is found when the copy runs; an absolute path
};

// `step-down`: asks the leader beside it to leave the Lease to another.
struct StepDownRequest {
    Address address;
    election::Duration timeout{};
    std::string token;    // "": whichever term it is
    std::string backOff;  // a duration; "": the elector's choice
    std::string to;       // the candidate that is to come next; "": whoever comes first
};

// `hand-over`: asks the leader, by the Lease, to leave it to another.
struct HandOverRequest {
    election::LeaseKey lease;
    std::string to;          // the candidate that is to lead; "": another of `candidates`
    std::string kubeconfig;  // as in Config
    std::optional<std::string> folder;
    election::Duration timeout{};  // of all that is asked and waited for
    bool waits = false;            // until another leads
    std::string context;           // of the kubeconfig; "": the current one
    // The names of the Pods that campaign, as far as they are known.
    std::vector<std::string> candidates;
};

struct HelpRequest {};
struct VersionRequest {};

// A Config stands for `run`.
using Invocation = std::variant<Config, StatusRequest, ProbeRequest, ExecRequest, CopyRequest,
                                StepDownRequest, HandOverRequest, HelpRequest, VersionRequest>;

// The arguments or the environment are wrong. what() is one sentence that names the flag or the
// variable, its value and what is allowed. The program ends with kExitUsage.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Exit codes of all commands.
inline constexpr int kExitSuccess = 0;  // done as asked; status: this one leads; probe: yes
// run: could not start; status: another leads; probe: no; step-down: refused; hand-over: failed
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;        // wrong flags, environment or surroundings
inline constexpr int kExitNobodyLeads = 3;  // status, hand-over
inline constexpr int kExitNoAnswer = 4;     // status, step-down
// exec; else what its program exits with, or 128 + the signal that ended it or the waiting.
inline constexpr int kExitTimeout = 69;     // no term came in time
inline constexpr int kExitLost = 75;        // the term ended, and --on-loss=exit
inline constexpr int kExitCannotRun = 126;  // the program is there but cannot be run
inline constexpr int kExitNotFound = 127;   // the program is not there

// Decides by its arguments alone: `arguments` without the program's name, and what was found on
// this machine. A variable that is empty counts as not set. Throws Refusal.
Invocation parseInvocation(const std::vector<std::string>& arguments,
                           const Environment& environment, const Facts& facts);

// A value with where it came from, for sentences about it.
struct Setting {
    bool isFlag = false;  // rather than from the environment, or the fallback
    bool isOld = false;   // by the name that another elector has for it
    std::string value;
    std::string subject;  // such as: --id "web-0"; how a sentence about it begins
};

// The settings of one command by flag name: from the arguments, else from the environment, else
// the fallback, else absent. What is there is what its flag allows.
class Settings {
  public:
    // Throws Refusal with the first complaint.
    Settings(const Scan& scan, const Environment& environment, const std::vector<FlagSpec>& specs);

    // Null where nothing was set and there is no fallback. Valid as long as this object.
    const Setting* find(std::string_view name) const;
    bool isFlag(std::string_view name) const;
    // The value; "" where nothing was set and there is no fallback.
    std::string text(std::string_view name) const;
    OptionValues values() const;
    // How a sentence about a flag begins: with its setting, or `chosen` where it is not set.
    std::string subjectOf(std::string_view name, std::string_view chosen) const;
    // The value of a flag that takes addresses or durations, and is set.
    Address address(std::string_view name) const;
    election::Duration duration(std::string_view name) const;

  private:
    std::map<std::string_view, Setting> settings_;
};

// What several commands take: how an answer is printed, and the least level that is logged.
Output outputIn(const Settings& settings);
runtime::LogLevel logLevelIn(const Settings& settings);

// The format of the log that is set, else the one for where the log goes.
runtime::LogFormat logFormatIn(const Settings& settings, const Facts& facts);

// The id that is set, else one of the machine's, which is refused where its host's name is no part
// of an id; and the Pod's UID, else that of its token, else "".
std::string idIn(const Settings& settings, const Facts& facts);
std::string podUidIn(const Settings& settings, const Facts& facts);

}  // namespace elector::config
