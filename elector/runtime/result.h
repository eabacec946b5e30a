#pragma once

#include <stop_token>
#include <utility>
#include <variant>

#include "elector/election/api_error.h"
#include "elector/election/instant.h"

namespace elector::runtime {

// Until when a call may take, and what ends it earlier. A call returns at the deadline at the
// latest (TimedOut), and promptly once a stop is requested (TimedOut too: what it wrote may have
// landed). A deadline of Instant::max() is none.
struct Limits {
    election::Instant deadline;
    std::stop_token stop;
};

// The value of a Result where only the failure has something to say.
using Done = std::monostate;

// A value, or the error that came instead. For code that branches on failures; exceptions are for
// start-up and for programming errors.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(election::ApiError error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return content_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // REQUIRES: ok().
    T& value() & { return std::get<0>(content_); }
    const T& value() const& { return std::get<0>(content_); }
    T&& value() && { return std::get<0>(std::move(content_)); }

    // REQUIRES: !ok().
    election::ApiError& error() & { return std::get<1>(content_); }
    const election::ApiError& error() const& { return std::get<1>(content_); }
    election::ApiError&& error() && { return std::get<1>(std::move(content_)); }

  private:
    std::variant<T, election::ApiError> content_;
};

}  // namespace elector::runtime
