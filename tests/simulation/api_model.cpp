#include "tests/simulation/api_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elector::simulation {

using election::ApiError;
using election::ErrorKind;
using election::Landed;
using election::Lease;
using election::LeaseRecord;
using election::Revision;
using election::WriteRequest;

ApiError errorOf(ErrorKind kind) {
    return {.kind = kind,
            .httpStatus = 0,
            .retryAfter = std::nullopt,
            .message = std::string("simulated: ") + toString(kind)};
}

std::optional<Lease> ApiModel::read() const {
    return current_ ? std::optional<Lease>(*current_) : std::nullopt;
}

ApiModel::Answer ApiModel::write(const WriteRequest& request) {
    confused_ = false;
    if (!request.base) {
        return current_ ? Answer(errorOf(ErrorKind::Invalid)) : create(request.record);
    }
    // A write that carries the uid is refused where the Lease was deleted. Another creates it.
    const std::string& uid = request.base->uid;
    if (!current_ && uid.empty()) {
        return create(request.record);
    }
    if (!current_ || (!uid.empty() && current_->uid != uid) ||
        current_->revision != request.base->revision) {
        return errorOf(ErrorKind::Conflict);
    }
    confused_ = current_->document != request.base->document;
    if (current_->record == request.record) {
        return Landed{*current_, false};
    }
    Lease lease = *current_;
    lease.record = request.record;
    store(std::move(lease));
    return Landed{*current_, false};
}

ApiModel::Answer ApiModel::create(const LeaseRecord& record) {
    Lease lease{"u" + std::to_string(++uids_), *Revision::parse("1"), record, {}, {}, {}};
    // Who neither renews nor says for how long it holds it makes its Pod the owner.
    lease.ownedByPod = !isUnheld(record) && !record.duration && !record.renewTime;
    foreignSpec_ = 0;
    store(std::move(lease));
    return Landed{*current_, true};
}

void ApiModel::remove() {
    if (current_) {
        ++revision_;
        current_.reset();
        changes_.emplace_back();
        revisionsAt_.push_back(revision_);
        tell_();
    }
}

void ApiModel::editMetadata() {
    if (current_) {
        store(*current_);
    }
}

void ApiModel::annotate(const std::string& preferredHolder, const election::HandOver& handOver) {
    if (current_) {
        Lease lease = *current_;
        lease.record.preferredHolder = preferredHolder;
        lease.record.handOver = handOver;
        store(std::move(lease));
    }
}

void ApiModel::editSpec() {
    if (current_) {
        ++foreignSpec_;
        store(*current_);
    }
}

void ApiModel::forge(const LeaseRecord& record) {
    if (!current_) {
        create(record);
        return;
    }
    Lease lease = *current_;
    lease.record = record;
    store(std::move(lease));
}

void ApiModel::restore() {
    constexpr std::int64_t kMostChanges = 30;
    if (changes_.size() < 2) {
        return;
    }
    const auto most = std::min(kMostChanges, static_cast<std::int64_t>(changes_.size()) - 1);
    const std::size_t place =
        changes_.size() - 1 - static_cast<std::size_t>(random_.between(1, most));
    restored_ = true;
    current_ = changes_[place];
    revision_ = revisionsAt_[place];
}

void ApiModel::store(Lease lease) {
    revision_ = nextRevision(lease.record);
    lease.revision = *Revision::parse(std::to_string(revision_));
    lease.fingerprint = fingerprintOf(lease);
    lease.document = std::to_string(++versions_);
    current_ = std::make_shared<const Lease>(std::move(lease));
    changes_.push_back(current_);
    revisionsAt_.push_back(revision_);
    tell_();
}

std::uint64_t ApiModel::nextRevision(const LeaseRecord& record) {
    // Others write to etcd too.
    std::uint64_t revision = revision_ + static_cast<std::uint64_t>(random_.between(1, 3));
    if (record.acquireTime &&
        record.acquireTime == record.renewTime.value_or(*record.acquireTime)) {
        while (restored_ && tokens_.contains(revision)) {
            ++revision;
        }
        tokens_.insert(revision);
    }
    return revision;
}

std::string ApiModel::fingerprintOf(const Lease& lease) const {
    const auto micros = [](const std::optional<election::WallTime>& time) {
        return time ? time->time_since_epoch().count() : -1;
    };
    const LeaseRecord& record = lease.record;
    return fmt::format("{} {} {} {} {} {} {} {}", lease.uid, record.holder, record.session,
                       record.duration ? record.duration->count() : -1, micros(record.acquireTime),
                       micros(record.renewTime), record.transitions, foreignSpec_);
}

}  // namespace elector::simulation
