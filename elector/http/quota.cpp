#include "elector/http/quota.h"

#include <algorithm>

namespace elector::http {
namespace {

// Of a quota; the rest stays free for requests that are answered at once.
constexpr std::size_t heldShare(std::size_t quota) {
    return quota / 2;
}

}  // namespace

Connection* Quota::leastUsedOf(const Class& all, const RemoteAddress* remote) {
    const auto found = std::ranges::find_if(all.entries, [remote](const Entry& entry) {
        return !entry.held && (remote == nullptr || entry.remote == *remote);
    });
    return found == all.entries.end() ? nullptr : found->connection;
}

Connection* Quota::toDisplaceFor(const RemoteAddress& remote) {
    Class& all = classOf(remote);
    const bool loopback = &all == &loopback_;
    if (!loopback) {
        const auto count = remotes_.find(remote);
        if (count != remotes_.end() && count->second.all >= limits_.connectionsPerRemote) {
            return leastUsedOf(all, &remote);
        }
    }
    const std::size_t quota = loopback ? limits_.loopbackConnections : limits_.remoteConnections;
    return all.entries.size() < quota ? nullptr : leastUsedOf(all, nullptr);
}

Quota::Place Quota::enter(Connection* connection, const RemoteAddress& remote) {
    Class& all = classOf(remote);
    if (&all == &network_) {
        ++remotes_[remote].all;
    }
    return all.entries.insert(all.entries.end(), Entry{connection, remote});
}

void Quota::leave(Place place) {
    release(place);
    Class& all = classOf(place->remote);
    if (&all == &network_) {
        const auto count = remotes_.find(place->remote);
        if (--count->second.all == 0) {
            remotes_.erase(count);
        }
    }
    all.entries.erase(place);
}

void Quota::touch(Place place) {
    Class& all = classOf(place->remote);
    all.entries.splice(all.entries.end(), all.entries, place);
}

bool Quota::hold(Place place) {
    Class& all = classOf(place->remote);
    const bool loopback = &all == &loopback_;
    const std::size_t quota = loopback ? limits_.loopbackConnections : limits_.remoteConnections;
    if (all.held >= heldShare(quota)) {
        return false;
    }
    if (!loopback) {
        Count& count = remotes_[place->remote];
        if (count.held >= heldShare(limits_.connectionsPerRemote)) {
            return false;
        }
        ++count.held;
    }
    ++all.held;
    place->held = true;
    return true;
}

void Quota::release(Place place) {
    if (!place->held) {
        return;
    }
    place->held = false;
    Class& all = classOf(place->remote);
    --all.held;
    if (&all == &network_) {
        --remotes_[place->remote].held;
    }
}

Connection* Quota::leastUsed() {
    Connection* victim = leastUsedOf(network_, nullptr);
    return victim != nullptr ? victim : leastUsedOf(loopback_, nullptr);
}

}  // namespace elector::http
