#include "elector/kubernetes/watch_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "elector/kubernetes/client.h"
#include "elector/runtime/json_text.h"

namespace elector::kubernetes {

namespace {

ApiError ended(std::string_view how) {
    return {ErrorKind::Gone, 0, std::nullopt, fmt::format("the watch ended: {}", how)};
}

// How long the server is asked to keep a watch: as long as its own default at least.
std::chrono::seconds watchTime() {
    constexpr int kShortest = 1800;
    constexpr int kLongest = 3600;
    std::random_device device;
    return std::chrono::seconds(std::uniform_int_distribution(kShortest, kLongest)(device));
}

WatchEvent unreadable(std::string problem) {
    WatchEvent event;
    event.problem = std::move(problem);
    return event;
}

}  // namespace

WatchStream::WatchStream(Client& client, const json_text::Keep& object)
    : client_(client),
      members_{{{"object", &object}}},
      keep_{.members = members_},
      filter_(keep_, kMaxEvent) {}

Result<Done> WatchStream::open(const Request& request, const Limits& setUp, const Limits& stream) {
    pending_ = {};
    auto opened = client_.openStream(request, setUp);
    client_.setStreamLimits(stream);
    return opened;
}

Result<WatchEvent> WatchStream::next() {
    do {
        if (const auto line = readLine(); !line) {
            client_.close();
            return line.error();
        }
    } while (isBlank_);
    auto read = event();
    if (read.type == "ERROR") {
        client_.close();
        return eventError(read.object);
    }
    return read;
}

Result<Done> WatchStream::readLine() {
    filter_.reset();
    isBlank_ = true;
    for (;;) {
        const auto end = std::min(pending_.find('\n'), pending_.size());
        const auto part = pending_.substr(0, end);
        isBlank_ = isBlank_ && std::ranges::all_of(part, json_text::isBlank);
        filter_.take(part);
        if (end < pending_.size()) {
            pending_.remove_prefix(end + 1);
            return Done();
        }
        const auto got = client_.readStream(block_.data(), block_.size());
        if (!got) {
            return got.error().kind == ErrorKind::Unreachable ? ended(got.error().message)
                                                              : got.error();
        }
        if (got.value() == 0) {
            return ended("the server closed it");
        }
        pending_ = std::string_view(block_.data(), got.value());
    }
}

WatchEvent WatchStream::event() {
    const std::string_view line = filter_.text();
    if (filter_.isTooLong()) {
        return unreadable(fmt::format("it has more than {} bytes", kMaxEvent));
    }
    if (!filter_.isComplete() || !json_text::isValid(line)) {
        return unreadable("it is no JSON");
    }
    const auto type = json_text::stringIn(json_text::member(line, "type").value_or(""));
    const auto object = json_text::member(line, "object");
    if (!type || type->empty() || !object) {
        return unreadable("it has no type or no object");
    }
    return {*type, std::string(*object), filter_.leftOut(), ""};
}

ApiError follow(Client& client, const runtime::Clock& clock, const Watch& watch,
                const std::stop_token& stop,
                const std::function<std::optional<ApiError>(const WatchEvent&)>& each) {
    // What the server gets on top to end it by itself before we do.
    constexpr std::chrono::seconds kGrace{30};
    const auto time = watchTime();
    const Instant now = clock.now();
    const Instant end = now + time + kGrace;
    const auto limits = [&] {
        return Limits{end - clock.now() > watch.silence ? clock.now() + watch.silence : end, stop};
    };
    Request request;
    request.path =
        fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}{}{}",
                    watch.collection, encoded(watch.version), time.count(),
                    watch.query.empty() ? "" : "&", watch.query);
    request.accept = watch.accept;
    WatchStream stream(client, watch.object);
    if (const auto opened = stream.open(request, {now + watch.setUp, stop}, limits()); !opened) {
        return opened.error();
    }
    for (;;) {
        const auto event = stream.next();
        if (!event) {
            return event.error();
        }
        if (auto error = each(event.value())) {
            client.close();
            return *std::move(error);
        }
        client.setStreamLimits(limits());
    }
}

}  // namespace elector::kubernetes
