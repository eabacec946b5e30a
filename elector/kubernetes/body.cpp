#include "elector/kubernetes/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace elector::kubernetes {

namespace {

// A chunk's head is a number; a trailer is a header nobody needs. Both are short where they are
// meant well.
constexpr std::size_t kMaxLine = 4096;
constexpr int kMaxTrailers = 64;

ApiError malformed(const char* what) {
    return {ErrorKind::Malformed, 0, std::nullopt, what};
}

}  // namespace

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
    return {ErrorKind::Unreachable, 0, std::nullopt, "the answer broke off before its end"};
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

// --------------------------------------------------------------------------------------- Body

void Body::beginLength(std::uint64_t bytes) {
    left_ = bytes;
    state_ = bytes == 0 ? State::Complete : State::Length;
}

void Body::beginChunked() {
    state_ = State::ChunkHead;
}

void Body::beginUntilClose() {
    state_ = State::UntilClose;
}

Result<std::size_t> Body::read(char* buffer, std::size_t size) {
    for (;;) {
        Result<Done> step = Done();
        switch (state_) {
            case State::Complete:
                return std::size_t{0};
            case State::Length:
                return readData(buffer, size, State::Complete);
            case State::ChunkData:
                return readData(buffer, size, State::ChunkTail);
            case State::UntilClose: {
                auto got = input_.readSome(buffer, size);
                if (got && got.value() == 0) {
                    state_ = State::Complete;
                }
                return got;
            }
            case State::ChunkHead:
                step = readChunkHead();
                break;
            case State::ChunkTail:
                step = readChunkTail();
                break;
        }
        if (!step) {
            return std::move(step).error();
        }
    }
}

Result<std::size_t> Body::readData(char* buffer, std::size_t size, State next) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    auto got = input_.readSome(buffer, most);
    if (!got) {
        return got;
    }
    if (got.value() == 0) {
        return Input::brokenOff();
    }
    left_ -= got.value();
    if (left_ == 0) {
        state_ = next;
    }
    return got;
}

Result<Done> Body::readChunkHead() {
    const auto line = input_.readLine(kMaxLine);
    if (!line) {
        return line.error();
    }
    const std::string_view text = line.value();
    const auto* end = text.end();
    const auto [stop, problem] = std::from_chars(text.begin(), end, left_, 16);
    // What may follow the number are extensions, after a semicolon, and blanks.
    if (problem != std::errc() || (stop != end && *stop != ';' && *stop != ' ' && *stop != '\t')) {
        return malformed("the answer has a chunk without a size");
    }
    if (left_ == 0) {
        return readTrailers();
    }
    state_ = State::ChunkData;
    return Done();
}

Result<Done> Body::readChunkTail() {
    const auto line = input_.readLine(kMaxLine);
    if (!line) {
        return line.error();
    }
    if (!line.value().empty()) {
        return malformed("the answer has a chunk that is longer than its size");
    }
    state_ = State::ChunkHead;
    return Done();
}

Result<Done> Body::readTrailers() {
    for (int count = 0; count < kMaxTrailers; ++count) {
        const auto line = input_.readLine(kMaxLine);
        if (!line) {
            return line.error();
        }
        if (line.value().empty()) {
            state_ = State::Complete;
            return Done();
        }
    }
    return malformed("the answer has trailers without end");
}

}  // namespace elector::kubernetes
