#include "tests/support/memory_store.h"

#include <algorithm>
#include <utility>

#include "elector/kubernetes/lease_json.h"

namespace elector::test {
namespace {

using election::ErrorKind;
using store::ApiError;
using store::CallLimits;
using store::Lease;
using store::LeaseKey;
using store::LeaseRecord;
using store::Result;
using store::Written;

// Only clocks bound the waits, and those may be a test's: they are looked at this often.
constexpr std::chrono::milliseconds kLook{20};

ApiError timedOut(const LeaseKey& key) {
    return {ErrorKind::TimedOut, 0, std::nullopt, "no answer in time about lease " + key.text()};
}

ErrorKind kindOf(int status) {
    switch (status) {
        case 404:
            return ErrorKind::NotFound;
        case 409:
            return ErrorKind::Conflict;
        default:
            return ErrorKind::Invalid;
    }
}

}  // namespace

MemoryStore::MemoryStore(const runtime::Clock& clock, std::shared_ptr<LeaseTable> table)
    : clock_(clock), table_(std::move(table)) {}

void MemoryStore::onCall(std::function<StoreFault(StoreCall)> hook) {
    const std::scoped_lock lock(mutex_);
    hook_ = std::move(hook);
}

void MemoryStore::releaseHung() {
    {
        const std::scoped_lock lock(mutex_);
        ++released_;
    }
    table_->poke();
}

void MemoryStore::holdEvents(bool held) {
    {
        const std::scoped_lock lock(mutex_);
        held_ = held;
    }
    table_->poke();
}

void MemoryStore::endWatches() {
    {
        const std::scoped_lock lock(mutex_);
        ++ended_;
    }
    table_->poke();
}

int MemoryStore::calls(StoreCall call) const {
    const std::scoped_lock lock(mutex_);
    return calls_.at(static_cast<std::size_t>(call));
}

StoreFault MemoryStore::begin(StoreCall call) {
    std::function<StoreFault(StoreCall)> hook;
    {
        const std::scoped_lock lock(mutex_);
        ++calls_.at(static_cast<std::size_t>(call));
        hook = hook_;
    }
    return hook ? hook(call) : StoreFault{};
}

std::optional<ApiError> MemoryStore::spoilt(const StoreFault& fault, const LeaseKey& key,
                                            const CallLimits& limits) {
    if (fault.hangs) {
        std::unique_lock lock(mutex_);
        const int before = released_;
        lock.unlock();
        while (!limits.stop.stop_requested() && clock_.now() < limits.deadline) {
            const std::uint64_t seen = table_->generation();
            lock.lock();
            const bool over = released_ != before;
            lock.unlock();
            if (over) {
                break;
            }
            table_->waitForChange(seen, limits.stop, kLook);
        }
        return timedOut(key);
    }
    return fault.error;
}

Result<std::optional<Lease>> MemoryStore::get(const LeaseKey& key, const CallLimits& limits) {
    const StoreFault fault = begin(StoreCall::Get);
    if (limits.stop.stop_requested() || clock_.now() >= limits.deadline) {
        return timedOut(key);
    }
    if (auto error = spoilt(fault, key, limits)) {
        return *error;
    }
    const TableAnswer answer = table_->get(key);
    if (answer.status == 404) {
        return std::optional<Lease>();
    }
    auto lease = kubernetes::parseLease(answer.object);
    if (!lease) {
        return lease.error();
    }
    return std::optional<Lease>(std::move(lease).value());
}

Result<Written> MemoryStore::create(const LeaseKey& key, const LeaseRecord& record,
                                    const CallLimits& limits) {
    return put(StoreCall::Create, key, kubernetes::newLease(key, record), limits);
}

Result<Written> MemoryStore::update(const LeaseKey& key, const Lease& base,
                                    const LeaseRecord& record, const CallLimits& limits) {
    return put(StoreCall::Update, key, kubernetes::updatedLease(base, record), limits);
}

Result<Written> MemoryStore::put(StoreCall call, const LeaseKey& key, const std::string& body,
                                 const CallLimits& limits) {
    const StoreFault fault = begin(call);
    if (limits.stop.stop_requested() || clock_.now() >= limits.deadline) {
        return timedOut(key);
    }
    std::optional<TableAnswer> answer;
    if (fault.applied) {
        answer = table_->put(key, body);
    }
    if (auto error = spoilt(fault, key, limits)) {
        return *error;
    }
    if (!answer) {
        answer = table_->put(key, body);
    }
    if (answer->status > 299) {
        return ApiError{kindOf(answer->status), answer->status, std::nullopt, answer->message};
    }
    auto lease = kubernetes::parseLease(answer->object);
    if (!lease) {
        return lease.error();
    }
    return Written{std::move(lease).value(), answer->status == 201};
}

ApiError MemoryStore::watch(const LeaseKey& key, store::WatchSink& sink, election::Duration setUp,
                            std::stop_token stop) {
    const StoreFault fault = begin(StoreCall::Watch);
    const election::Instant sentAt = clock_.now();
    if (stop.stop_requested()) {
        return timedOut(key);
    }
    if (auto error = spoilt(fault, key, {sentAt + setUp, stop})) {
        return *error;
    }
    const LeaseTable::Listed listed = table_->list(key.space, key.name);
    std::optional<Lease> found;
    if (!listed.objects.empty()) {
        auto lease = kubernetes::parseLease(listed.objects.front());
        if (!lease) {
            return lease.error();
        }
        found = std::move(lease).value();
    }
    sink.onListed(std::move(found), sentAt);
    return follow(key, sink, listed.revision, stop);
}

ApiError MemoryStore::follow(const LeaseKey& key, store::WatchSink& sink, std::int64_t from,
                             const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const int endedBefore = ended_;
    lock.unlock();
    while (!stop.stop_requested()) {
        const std::uint64_t seen = table_->generation();
        lock.lock();
        const bool over = ended_ != endedBefore;
        const bool held = held_;
        lock.unlock();
        if (over) {
            return {ErrorKind::Gone, 0, std::nullopt, "the watch on " + key.text() + " ended"};
        }
        const auto events = table_->eventsAfter(from);
        if (!events) {
            return {ErrorKind::Gone, 410, std::nullopt, "the watch on " + key.text() + " expired"};
        }
        for (const TableEvent& event : held ? std::vector<TableEvent>() : *events) {
            from = std::max(from, event.revision);
            if (event.key != key || stop.stop_requested()) {
                continue;
            }
            if (event.type == "DELETED") {
                sink.onDeleted();
            } else if (auto lease = kubernetes::parseLease(event.object)) {
                sink.onChanged(std::move(lease).value());
            } else {
                return lease.error();
            }
        }
        table_->waitForChange(seen, stop, std::chrono::hours(1));
    }
    return timedOut(key);
}

}  // namespace elector::test
