#include "tests/simulation/watch_server.h"

#include <algorithm>
#include <utility>

namespace elector::simulation {
namespace {

constexpr std::int64_t kMostReplayed = 12;

}  // namespace

WatchServer::WatchServer(EventQueue& queue, ApiModel& api, Network& network, Random& random)
    : queue_(queue), api_(api), network_(network), random_(random) {
    api_.onChange([this] { pump(); });
}

std::uint64_t WatchServer::open(const Link& link, std::size_t place, Show show) {
    const std::uint64_t id = ++lastId_;
    Stream& stream = streams_[id];
    stream.link = &link;
    stream.next = place;
    stream.shownUntil = queue_.now();
    stream.show = std::move(show);
    if (random_.chance(staleness_)) {
        stream.next -=
            std::min(stream.next, static_cast<std::size_t>(random_.between(1, kMostReplayed)));
    }
    pump(id, stream);
    return id;
}

void WatchServer::silence(std::uint64_t stream) {
    if (const auto found = streams_.find(stream); found != streams_.end()) {
        found->second.silent = true;
    }
}

void WatchServer::replay(std::uint64_t stream) {
    if (const auto found = streams_.find(stream); found != streams_.end()) {
        Stream& played = found->second;
        played.next -=
            std::min(played.next, static_cast<std::size_t>(random_.between(1, kMostReplayed)));
        pump(stream, played);
    }
}

void WatchServer::pump() {
    for (auto& [id, stream] : streams_) {
        pump(id, stream);
    }
}

void WatchServer::pump(std::uint64_t id, Stream& stream) {
    for (; stream.next < api_.changes().size(); ++stream.next) {
        const Duration free = std::max(stream.link->answersCutUntil, queue_.now());
        stream.shownUntil = std::max(stream.shownUntil, free + network_.hop());
        queue_.at(stream.shownUntil, [this, id, change = api_.changes()[stream.next]] {
            const auto found = streams_.find(id);
            if (found == streams_.end() || found->second.silent) {
                return;
            }
            const Show show = found->second.show;  // it may close the stream
            if (change) {
                show(election::Changed{*change});
            } else {
                show(election::Deleted{});
            }
        });
    }
}

}  // namespace elector::simulation
