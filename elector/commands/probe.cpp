#include "elector/commands/probe.h"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <variant>

#include "elector/commands/ask.h"
#include "elector/runtime/log.h"

namespace elector::commands {

namespace {

// The first line of the body, fit to be printed: the reason, where there is one.
std::string reasonIn(const HttpAnswer& answer) {
    constexpr std::size_t kMaxCharacters = 500;
    return runtime::quoted(answer.body.substr(0, answer.body.find_first_of("\r\n")),
                           kMaxCharacters);
}

}  // namespace

int runProbe(const config::ProbeRequest& request, const runtime::Clock& clock, std::ostream& out) {
    const bool live = request.probe == config::Probe::Live;
    const auto asked = ask(request.address, live ? "/healthz" : "/readyz", request.timeout, clock);
    if (const auto* none = std::get_if<NoAnswer>(&asked)) {
        out << none->reason << '\n';
        return config::kExitFailure;
    }
    const auto& answer = std::get<HttpAnswer>(asked);
    if (answer.status != 200) {
        out << fmt::format("not {}: {} {}\n", live ? "live" : "ready", answer.status,
                           reasonIn(answer));
        return config::kExitFailure;
    }
    out << reasonIn(answer) << '\n';
    return config::kExitSuccess;
}

}  // namespace elector::commands
