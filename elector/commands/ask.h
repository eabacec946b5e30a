#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "elector/config/address.h"
#include "elector/election/instant.h"
#include "elector/runtime/clock.h"

namespace elector::commands {

// The answer of an elector to a GET.
struct HttpAnswer {
    int status = 0;
    std::string body;

    bool operator==(const HttpAnswer&) const = default;
};

struct NoAnswer {
    std::string reason;  // a sentence
};

// An elector's longest body, names of 253 characters and a fencing token of 128 digits included, is
// below 4 KiB; the rest is room for what later versions add.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} * 1024;

// Sends "GET `path`" to the elector at `address` and reads its answer. Takes no longer than
// `timeout` in all, however slowly bytes come. NoAnswer says who was asked and what went wrong.
std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock);

}  // namespace elector::commands
