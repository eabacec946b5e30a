#pragma once

#include <utility>
#include <variant>

#include "elector/election/api_error.h"

namespace elector::runtime {

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
