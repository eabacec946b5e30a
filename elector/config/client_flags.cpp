#include "elector/config/client_flags.h"

#include <chrono>
#include <string>

#include "elector/config/values.h"

namespace elector::config {

namespace {

// The variable is the running elector's, so that in its container both agree without a word.
constexpr FlagSpec kAddress{.name = "addr",
                            .placeholder = "[HOST]:PORT",
                            .environment = "ADDR",
                            .fallback = "localhost:4040",
                            .purpose =
                                "The elector to ask; without a host, the one on this "
                                "machine."};

template <typename Request>
std::string assignTarget(Request& request, const std::string& value) {
    Address address;
    if (std::string complaint = assignAddress(address, value); !complaint.empty()) {
        return complaint;
    }
    if (address.port == 0) {
        return "nobody can be asked at port 0; allowed are 1 to 65535";
    }
    // One listens on all addresses, but asks at one.
    const bool all = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
    request.address = {all ? "localhost" : address.host, address.port};
    return "";
}

template <typename Request>
std::string assignTimeout(Request& request, const std::string& value) {
    if (std::string complaint = assignDuration(request.timeout, value); !complaint.empty()) {
        return complaint;
    }
    const bool fits =
        request.timeout >= std::chrono::milliseconds(1) && request.timeout <= std::chrono::hours(1);
    return fits ? "" : "allowed is a duration from 1ms to 1h";
}

}  // namespace

const std::vector<Flag<StatusRequest>>& statusFlags() {
    static const std::vector<Flag<StatusRequest>> kFlags{
        {kAddress, assignTarget<StatusRequest>},
        {{.name = "output",
          .placeholder = "human|json",
          .fallback = "human",
          .purpose = "How to print the answer."},
         [](StatusRequest& request, const std::string& value) {
             return assignChoice(request.output, value,
                                 {{"human", Output::Human}, {"json", Output::Json}});
         }},
        {{.name = "timeout",
          .placeholder = "DURATION",
          .fallback = "2s",
          .purpose = "How long to wait for the whole answer."},
         assignTimeout<StatusRequest>},
    };
    return kFlags;
}

const std::vector<Flag<ProbeRequest>>& probeFlags() {
    // Below the second after which a kubelet kills a probe, so that the reason is still printed.
    static const std::vector<Flag<ProbeRequest>> kFlags{
        {kAddress, assignTarget<ProbeRequest>},
        {{.name = "timeout",
          .placeholder = "DURATION",
          .fallback = "900ms",
          .purpose = "How long to wait for the whole answer."},
         assignTimeout<ProbeRequest>},
    };
    return kFlags;
}

}  // namespace elector::config
