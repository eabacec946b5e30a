#include "elector/http/turn_queue.h"

#include <algorithm>

namespace elector::http {

TurnQueue::Place TurnQueue::enter(Poller::Key key, const RemoteAddress& remote) {
    const auto [found, isNew] = lines_.try_emplace(remote.counted());
    Line& line = found->second;
    if (isNew) {
        line.remote = &found->first;
        line.self.push_back(&line);
    }
    return line.resting.insert(line.resting.end(), Waiter{key, &line});
}

void TurnQueue::leave(Place place) {
    Line& line = *place->line;
    if (place->queued) {
        --size_;
        line.queued.erase(place);
        if (line.queued.empty()) {
            line.self.splice(line.self.end(), served_, std::ranges::find(served_, &line));
        }
    } else {
        line.resting.erase(place);
    }
    if (line.queued.empty() && line.resting.empty()) {
        const RemoteAddress remote = *line.remote;
        lines_.erase(remote);
    }
}

void TurnQueue::push(Place place) {
    if (place->queued) {
        return;
    }
    Line& line = *place->line;
    if (line.queued.empty()) {
        served_.splice(served_.end(), line.self);
    }
    line.queued.splice(line.queued.end(), line.resting, place);
    place->queued = true;
    ++size_;
}

Poller::Key TurnQueue::pop() {
    Line& line = *served_.front();
    const auto place = line.queued.begin();
    line.resting.splice(line.resting.end(), line.queued, place);
    place->queued = false;
    --size_;
    if (line.queued.empty()) {
        line.self.splice(line.self.end(), served_, served_.begin());
    } else {
        served_.splice(served_.end(), served_, served_.begin());
    }
    return place->key;
}

}  // namespace elector::http
