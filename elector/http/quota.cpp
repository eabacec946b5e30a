#include "elector/http/quota.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

namespace elector::http {

// --------------------------------------------------------------------------------------- addresses

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 16> kLoopbackV6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::uint8_t kLoopbackNetV4 = 127;
constexpr std::size_t kNetworkBytesV6 = 8;

}  // namespace

RemoteAddress::RemoteAddress(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        std::ranges::copy(kMappedPrefix, bytes_.begin());
        std::memcpy(bytes_.data() + kMappedPrefix.size(), &v4.sin_addr, sizeof v4.sin_addr);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        std::memcpy(bytes_.data(), &v6.sin6_addr, bytes_.size());
    }
}

bool RemoteAddress::isMappedV4() const {
    return std::ranges::equal(kMappedPrefix, std::span(bytes_).first<kMappedPrefix.size()>());
}

bool RemoteAddress::isLoopback() const {
    return isMappedV4() ? bytes_[kMappedPrefix.size()] == kLoopbackNetV4 : bytes_ == kLoopbackV6;
}

RemoteAddress RemoteAddress::counted() const {
    RemoteAddress network = *this;
    if (!isMappedV4() && !isLoopback()) {
        std::ranges::fill(std::span(network.bytes_).subspan<kNetworkBytesV6>(), std::uint8_t{0});
    }
    return network;
}

std::string RemoteAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (isMappedV4()) {
        inet_ntop(AF_INET, bytes_.data() + kMappedPrefix.size(), text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    }
    return text.data();
}

// ------------------------------------------------------------------------------------- connections

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

// ------------------------------------------------------------------------------------------ bodies

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

// ------------------------------------------------------------------------------------------- turns

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
