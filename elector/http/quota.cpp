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

Connection* Quota::toDisplaceFor(const RemoteAddress& address) {
    const RemoteAddress remote = address.counted();
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

Quota::Place Quota::enter(Connection* connection, const RemoteAddress& address) {
    const RemoteAddress remote = address.counted();
    Class& all = classOf(remote);
    if (&all == &network_) {
        ++remotes_[remote].all;
    }
    return all.entries.insert(all.entries.end(), Entry{connection, remote});
}

void Quota::leave(Place place) {
    release(place);
    charge(place, 0);
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

void Quota::charge(Place place, std::size_t bytes) {
    if (place->bytes == bytes) {
        return;
    }
    Class& all = classOf(place->remote);
    all.bytes = all.bytes - place->bytes + bytes;
    if (&all == &network_) {
        std::size_t& sum = remotes_.find(place->remote)->second.bytes;
        sum = sum - place->bytes + bytes;
    }
    place->bytes = bytes;
}

Connection* Quota::toShed() const {
    if (loopback_.bytes + network_.bytes <= limits_.memoryBytes) {
        return nullptr;
    }
    const bool network = network_.bytes > limits_.memoryBytes / 2;
    const Class& all = network ? network_ : loopback_;
    const auto greediest = std::ranges::max_element(
        remotes_, {}, [](const auto& remote) { return remote.second.bytes; });
    const auto bytesOf = [&](const Entry& entry) {
        return !network || entry.remote == greediest->first ? entry.bytes : 0;
    };
    const auto most = std::ranges::max_element(all.entries, {}, bytesOf);
    return most->connection;
}

Connection* Quota::leastUsed() {
    Connection* victim = leastUsedOf(network_, nullptr);
    return victim != nullptr ? victim : leastUsedOf(loopback_, nullptr);
}

}  // namespace elector::http
