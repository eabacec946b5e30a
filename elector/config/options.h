#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/config/flag.h"
#include "elector/config/values.h"
#include "elector/election/timing.h"
#include "elector/kubernetes/endpoint.h"

// The table of what a sidecar takes. From it come the elector's flags and variables, the
// annotations of a Pod, the injector's flags for their defaults, the arguments and variables of the
// container, and --help of both programs; tests compare the documentation with it.
namespace elector::config {

struct Option {
    FlagSpec flag;  // its name is that of the annotation too
    // Whether the elector has this flag. What else there is concerns the container or its
    // injection: the injector judges and uses it, unless `flag` says what is allowed.
    bool isElectors = true;
    // Whether the injector can leave it out of the container, as it can what is the elector's.
    bool isOmissible = false;
    bool isAnnotation = false;  // a Pod may say it: leader-elector.io/NAME
    // NOLINTBEGIN(readability-redundant-string-init): see FlagSpec
    // The injector's flag that says it for all Pods that do not; "" where there is none.
    std::string_view releaseFlag = "";
    std::string_view releasePurpose = "";  // lines of help for that one
    std::string_view podField = "";        // the field of the Pod that its variable is taken from
    // NOLINTEND(readability-redundant-string-init)
};

// All of them, in the order of --help, of the documentation and of the container's arguments. A
// name may stand twice where the elector takes other values than a Pod may say: once as the
// elector's.
std::span<const Option> options();

// The one of this name. Throws std::out_of_range where there is none.
const Option& optionOf(std::string_view name);

// The flags of the elector's commands: those of `run` are the options that are the elector's.
const std::vector<FlagSpec>& runFlags();
const std::vector<FlagSpec>& statusFlags();
const std::vector<FlagSpec>& probeFlags();
// Those that exec takes besides the flags of `run`.
const std::vector<FlagSpec>& execFlags();
const std::vector<FlagSpec>& copyFlags();
const std::vector<FlagSpec>& stepDownFlags();
const std::vector<FlagSpec>& handOverFlags();

// Names that the leader-elector of kubernetes/contrib and nais/elector have for flags of `run`.
const std::vector<FlagSpec>& oldNames();

// What options are set to, each as the text that was written, by the option's name. A value.
class OptionValues {
  public:
    // `name` must outlive this object: a literal, or the table's.
    std::string& operator[](std::string_view name) { return texts_[name]; }
    // "" where nothing was set.
    const std::string& operator[](std::string_view name) const;

  private:
    std::map<std::string_view, std::string> texts_;
};

// What options say together is chosen and judged here for the elector, for a Pod's annotations, and
// for what the injector gives to all Pods.

// A fault of several options, with the one that it is about.
struct OptionFinding {
    std::string_view option;  // "lease-duration"
    std::string value;        // as it was given, or what the elector chose
    std::string reason;       // follows name and value in a sentence (election::TimingFault)
};

struct TimingJudgement {
    election::Timing timing;
    std::vector<OptionFinding> refusals;
    std::vector<OptionFinding> warnings;  // only without refusals
};

// `given`: the durations that somebody gave, well-formed; for those that are "" the elector's
// choice holds. `runsProgram`: as for exec, whose program is told before its term ends.
TimingJudgement judgeTiming(const OptionValues& given, bool runsProgram = false);

// How the program's health is found out, and what follows from it (rule 17).
struct HealthCheck {
    struct File {
        std::string path;
        election::Duration maxAge;
    };
    struct Asked {
        election::Duration within;
    };
    std::variant<kubernetes::Endpoint, File, Asked> by;
    election::Duration period{};
    election::Duration timeout{};  // at most the period
    int failures = 0;
    int successes = 0;
    election::Duration degradedAfter{};
};

struct HealthJudgement {
    std::optional<HealthCheck> check;  // nothing where nothing is asked for
    std::optional<OptionFinding> refusal;
};

// `given`: what somebody gave, each by itself what its option allows; for those that are "" the
// elector's choice holds.
HealthJudgement judgeHealth(const OptionValues& given);

}  // namespace elector::config
