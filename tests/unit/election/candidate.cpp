#include "tests/unit/election/candidate.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "elector/names.h"

namespace elector::election::testing {
namespace {

using std::chrono::seconds;

constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

std::string textOf(const std::optional<WallTime>& time) {
    return time ? std::to_string(time->time_since_epoch().count()) : "none";
}

}  // namespace

Settings settingsOfWeb0() {
    Settings settings;
    settings.identity = {.id = "web-0", .podUid = "pod-0", .session = "pod-0/n0"};
    settings.timing = {
        .leaseDuration = seconds(10), .renewDeadline = seconds(5), .retryPeriod = seconds(2)};
    settings.seed = 7;
    return settings;
}

Lease leaseOf(LeaseRecord record, int revision, std::string uid) {
    const std::string fingerprint =
        uid + "|" + record.holder + "|" + record.session + "|" +
        (record.duration ? std::to_string(record.duration->count()) : "none") + "|" +
        textOf(record.acquireTime) + "|" + textOf(record.renewTime) + "|" +
        std::to_string(record.transitions);
    return {.uid = std::move(uid),
            .revision = *Revision::parse(std::to_string(revision)),
            .record = std::move(record),
            .fingerprint = fingerprint,
            .oddities = {},
            .document = {}};
}

Lease relabelled(Lease lease, int revision) {
    lease.revision = *Revision::parse(std::to_string(revision));
    return lease;
}

LeaseRecord heldBy(const std::string& holder, const std::string& session, WallTime renewTime) {
    LeaseRecord record;
    record.holder = holder;
    record.session = session;
    record.duration = seconds(10);
    record.acquireTime = kStart;
    record.renewTime = renewTime;
    record.transitions = 4;
    return record;
}

LeaseRecord released() {
    LeaseRecord record;
    record.duration = seconds(1);
    record.acquireTime = kStart;
    record.renewTime = kStart;
    record.transitions = 4;
    return record;
}

LeaseRecord vacant(std::chrono::seconds duration) {
    LeaseRecord record = released();
    record.holder = names::kVacantHolder;
    record.duration = duration;
    return record;
}

ApiError errorOf(ErrorKind kind) {
    return {.kind = kind, .httpStatus = 0, .retryAfter = std::nullopt, .message = "made up"};
}

Candidate::Candidate(Settings settings)
    : election_(std::move(settings)), now_{Instant(std::chrono::hours(1)), kStart} {}

Actions Candidate::send(const Event& event) {
    last_ = election_.step(event, now_);
    if (last_.request) {
        const auto* write = std::get_if<WriteRequest>(&*last_.request);
        lastWrite_ = write == nullptr ? std::nullopt : std::optional(*write);
    }
    return last_;
}

void Candidate::wait(Duration duration) {
    now_.boot += duration;
    now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

void Candidate::jumpWall(Duration by) {
    now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(by);
}

Request Candidate::untilAsked() {
    const Instant latest = now_.boot + std::chrono::hours(1);
    while (!last_.request) {
        if (last_.wakeAt > latest) {
            throw std::logic_error("nothing was asked for within an hour");
        }
        wait(std::max<Duration>(last_.wakeAt - now_.boot, Duration(0)));
        send(TimePassed{});
    }
    return *last_.request;
}

ReadRequest Candidate::untilRead() {
    const Request request = untilAsked();
    return std::get<ReadRequest>(request);
}

WriteRequest Candidate::untilWrite(Intent intent) {
    const Request request = untilAsked();
    const auto* write = std::get_if<WriteRequest>(&request);
    if (write == nullptr || write->intent != intent) {
        throw std::logic_error(std::string("asked for something else than to ") + toString(intent));
    }
    return *write;
}

Actions Candidate::answerRead(std::optional<Lease> lease) {
    return send(ReadAnswered{std::move(lease)});
}

Actions Candidate::answerRead(const ApiError& error) {
    return send(ReadAnswered{error});
}

Actions Candidate::answerWrite(const ApiError& error) {
    return send(WriteAnswered{error});
}

Lease Candidate::writtenAt(int revision) const {
    const std::string uid = lastWrite_->base ? lastWrite_->base->uid : createdUid_;
    return leaseOf(lastWrite_->record, revision, uid);
}

Actions Candidate::landed(int revision) {
    return send(WriteAnswered{Landed{writtenAt(revision), !lastWrite_->base}});
}

void Candidate::lead() {
    follow(leaseOf(released(), 10));
    untilWrite(Intent::Acquire);
    landed(11);
}

void Candidate::follow(const Lease& lease) {
    send(Started{});
    untilRead();
    answerRead(lease);
}

WriteRequest Candidate::createMissing() {
    send(Started{});
    answerRead(std::optional<Lease>());
    return untilWrite(Intent::Create);
}

Answer Candidate::answer() const {
    return answerAt(election_.standing(), election_.settings().identity.id, now_);
}

bool Candidate::noted(NoteKind kind) const {
    return std::any_of(last_.notes.begin(), last_.notes.end(),
                       [&](const Note& note) { return note.kind == kind; });
}

}  // namespace elector::election::testing
