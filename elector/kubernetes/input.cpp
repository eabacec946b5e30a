#include "elector/kubernetes/input.h"

#include <fmt/format.h>

#include <algorithm>

namespace elector::kubernetes {

void Input::reset() {
    buffer_.clear();
    begin_ = 0;
}

Result<std::string> Input::readLine(std::size_t limit) {
    std::size_t searched = 0;
    for (;;) {
        const auto end = pending().find('\n', searched);
        if (std::min(end, pending().size()) > limit) {
            return ApiError{ErrorKind::Malformed, 0, std::nullopt,
                            fmt::format("the answer has a line of more than {} bytes", limit)};
        }
        if (end != std::string_view::npos) {
            std::string line(pending().substr(0, end));
            begin_ += end + 1;
            if (!line.empty() && line.back() == '\r') {
                line.pop_back();
            }
            return line;
        }
        searched = pending().size();
        const auto got = fill();
        if (!got) {
            return got.error();
        }
        if (got.value() == 0) {
            return brokenOff();
        }
    }
}

Result<std::size_t> Input::readSome(char* buffer, std::size_t size) {
    if (pending().empty()) {
        if (auto got = fill(); !got || got.value() == 0) {
            return got;
        }
    }
    const auto count = std::min(size, pending().size());
    std::copy_n(pending().begin(), count, buffer);
    begin_ += count;
    return count;
}

ApiError Input::brokenOff() {
    return {ErrorKind::Unreachable, 0, std::nullopt,
            "the API server's answer broke off before its end"};
}

Result<std::size_t> Input::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const auto before = buffer_.size();
    buffer_.resize(before + kBlock);
    auto got = socket_.receive(buffer_.data() + before, kBlock);
    const std::size_t count = got ? got.value() : 0;
    buffer_.resize(before + count);
    answered_ = answered_ || count > 0;
    return got;
}

}  // namespace elector::kubernetes
