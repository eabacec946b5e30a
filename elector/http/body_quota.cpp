#include "elector/http/body_quota.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace elector::http {
namespace {

// Of bodies that began just now the larger counts more.
constexpr std::chrono::milliseconds kLeastAge{1};

}  // namespace

BodyQuota::Place BodyQuota::enter(Connection* connection, const RemoteAddress& address,
                                  runtime::Instant now) {
    const RemoteAddress remote = address.counted();
    std::list<Entry>& bodies = shares_[remote].bodies;
    return bodies.insert(bodies.end(), Entry{connection, remote, now});
}

void BodyQuota::leave(Place place) {
    resize(place, 0);
    waiting_ -= place->waits ? 1 : 0;
    const auto share = shares_.find(place->remote);
    share->second.bodies.erase(place);
    if (share->second.bodies.empty()) {
        shares_.erase(share);
    }
}

void BodyQuota::resize(Place place, std::size_t bytes) {
    std::size_t& share = shares_.find(place->remote)->second.bytes;
    share = share - place->bytes + bytes;
    bytes_ = bytes_ - place->bytes + bytes;
    place->bytes = bytes;
}

bool BodyQuota::mayGrow(Place place) const {
    if (bytes_ <= limits_.bufferedBytes) {
        return true;
    }
    const Share& share = shares_.find(place->remote)->second;
    return share.bytes < limits_.bufferedBytes / shares_.size() || &share.bodies.front() == &*place;
}

Connection* BodyQuota::toRefuse(runtime::Instant now) const {
    if (bytes_ <= limits_.bufferedBytes + 2 * limits_.bodyBytes) {
        return nullptr;
    }
    const auto cost = [now](const auto& remote) {
        double sum = 0;  // bytes by seconds
        for (const Entry& body : remote.second.bodies) {
            const std::chrono::duration<double> age = now - body.began + kLeastAge;
            sum += static_cast<double>(body.bytes) * age.count();
        }
        return sum;
    };
    const auto most = std::ranges::max_element(shares_, {}, cost);
    return most->second.bodies.back().connection;
}

void BodyQuota::wait(Place place) {
    waiting_ += place->waits ? 0 : 1;
    place->waits = true;
}

std::vector<Connection*> BodyQuota::takeWaiting() {
    std::vector<Connection*> waiting;
    if (waiting_ == 0) {
        return waiting;
    }
    for (auto& [remote, share] : shares_) {
        for (auto place = share.bodies.begin(); place != share.bodies.end(); ++place) {
            if (!mayGrow(place)) {
                break;  // none of those behind it may either
            }
            if (std::exchange(place->waits, false)) {
                --waiting_;
                waiting.push_back(place->connection);
            }
        }
    }
    return waiting;
}

}  // namespace elector::http
