#include "elector/kubernetes/watch_stream.h"

#include <fmt/format.h>

#include <array>

#include "elector/kubernetes/json_text.h"
#include "elector/kubernetes/status_error.h"

namespace elector::kubernetes {

namespace {

// Bytes that the stream is read by: an event of a Lease has one or two thousand.
constexpr std::size_t kBlock = 4096;

ApiError ended(std::string_view how) {
    return {ErrorKind::Gone, 0, std::nullopt, fmt::format("the watch ended: {}", how)};
}

ApiError malformed(std::string sentence) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(sentence)};
}

Result<WatchEvent> parse(const std::string& line) {
    if (!json_text::isValid(line)) {
        return malformed("the watch sent a line that is not JSON");
    }
    const auto type = json_text::stringIn(json_text::member(line, "type").value_or(""));
    const auto object = json_text::member(line, "object");
    if (!type || !object) {
        return malformed("the watch sent an event without a type or an object");
    }
    if (*type == "ERROR") {
        return eventError(*object);
    }
    return WatchEvent{*type, std::string(*object)};
}

}  // namespace

Result<Done> WatchStream::open(const Request& request, const Limits& setUp, const Limits& stream) {
    buffer_.clear();
    auto opened = client_.openStream(request, setUp);
    client_.setStreamLimits(stream);
    return opened;
}

Result<WatchEvent> WatchStream::next() {
    for (;;) {
        const auto line = readLine();
        if (!line) {
            client_.close();
            return line.error();
        }
        if (line.value().empty()) {
            continue;
        }
        auto event = parse(line.value());
        if (!event) {
            client_.close();
        }
        return event;
    }
}

Result<std::string> WatchStream::readLine() {
    std::size_t searched = 0;
    std::array<char, kBlock> block{};
    for (;;) {
        const auto end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            auto line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        if (buffer_.size() > kMaxLine) {
            return malformed(
                fmt::format("the watch sent an event of more than {} bytes", kMaxLine));
        }
        searched = buffer_.size();
        const auto got = client_.readStream(block.data(), block.size());
        if (!got) {
            return got.error().kind == ErrorKind::Unreachable ? ended(got.error().message)
                                                              : got.error();
        }
        if (got.value() == 0) {
            return ended("the server closed it");
        }
        buffer_.append(block.data(), got.value());
    }
}

}  // namespace elector::kubernetes
