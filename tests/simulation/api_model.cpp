#include "tests/simulation/api_model.h"

#include <fmt/format.h>

#include <utility>

namespace elector::simulation {

using election::ApiError;
using election::ErrorKind;
using election::Landed;
using election::Lease;
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
    if (!request.base) {
        if (current_) {
            return errorOf(ErrorKind::Invalid);
        }
        Lease lease{
            "u" + std::to_string(++uids_), *Revision::parse("1"), request.record, {}, {}, {}};
        foreignSpec_ = 0;
        store(std::move(lease));
        return Landed{*current_, true};
    }
    // A write carries the uid, so one to a deleted Lease is refused instead of creating it.
    if (!current_ || current_->uid != request.base->uid ||
        current_->revision != request.base->revision) {
        return errorOf(ErrorKind::Conflict);
    }
    if (current_->record == request.record) {
        return Landed{*current_, false};
    }
    Lease lease = *current_;
    lease.record = request.record;
    store(std::move(lease));
    return Landed{*current_, false};
}

void ApiModel::remove() {
    if (current_) {
        ++revision_;
        current_.reset();
        changes_.emplace_back();
        tell_();
    }
}

void ApiModel::editMetadata() {
    if (current_) {
        store(*current_);
    }
}

void ApiModel::editSpec() {
    if (current_) {
        ++foreignSpec_;
        store(*current_);
    }
}

void ApiModel::store(Lease lease) {
    revision_ += static_cast<std::uint64_t>(random_.between(1, 3));  // others write to etcd too
    lease.revision = *Revision::parse(std::to_string(revision_));
    lease.fingerprint = fingerprintOf(lease);
    current_ = std::make_shared<const Lease>(std::move(lease));
    changes_.push_back(current_);
    tell_();
}

std::string ApiModel::fingerprintOf(const Lease& lease) const {
    const auto micros = [](const std::optional<election::WallTime>& time) {
        return time ? time->time_since_epoch().count() : -1;
    };
    const election::LeaseRecord& record = lease.record;
    return fmt::format("{} {} {} {} {} {} {} {}", lease.uid, record.holder, record.session,
                       record.duration ? record.duration->count() : -1, micros(record.acquireTime),
                       micros(record.renewTime), record.transitions, foreignSpec_);
}

}  // namespace elector::simulation
