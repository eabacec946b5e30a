#include "elector/election/election.h"

#include <algorithm>
#include <utility>

// What events do to the state. What is to be done next is decided in election_plan.cpp.
namespace elector::election {
namespace {

// The same request may be answered the same for ever, unlike one that is throttled or fails.
bool isRefusal(ErrorKind kind) {
    return certainlyNotApplied(kind) && kind != ErrorKind::Throttled;
}

}  // namespace

Election::Election(Settings settings)
    : settings_(std::move(settings)),
      ownWrites_(settings_.identity),
      observation_(settings_.identity, ownWrites_, settings_.timing.leaseDuration),
      jitter_(settings_.seed),
      backoff_(settings_.timing.retryPeriod, jitter_),
      writeBackoff_(settings_.timing.retryPeriod, jitter_),
      healthy_(!settings_.health) {}

Actions Election::step(const Event& event, const Moment& now) {
    now_ = now;
    actions_ = Actions{};
    // First of all, so that nothing below takes a term that has run out for a live one.
    endLapsedTerm();
    std::visit([this](const auto& e) { on(e); }, event);
    plan();
    publish();
    return std::exchange(actions_, Actions{});
}

void Election::on(const ReadAnswered& event) {
    const auto* read = std::get_if<PendingRead>(&pending_);
    if (read == nullptr) {
        return;
    }
    const Instant sentAt = read->sentAt;
    pending_ = std::monostate{};
    if (const auto* error = std::get_if<ApiError>(&event.answer)) {
        failed(*error, "read", false);
        return;
    }
    succeeded(false);
    staleBase_ = false;
    inDoubt_ = false;
    if (!watchDenial_.empty()) {
        note(NoteKind::WatchDenied, std::exchange(watchDenial_, {}));
    }
    const auto& lease = std::get<std::optional<Lease>>(event.answer);
    const News news = lease ? observation_.found(*lease, sentAt, now_.boot)
                            : observation_.missing(sentAt, now_.boot);
    mustRead_ = lease && observation_.foundNoneSince(sentAt);  // which of the two is older?
    react(news);
    heard();
    judgeConflict();
}

void Election::on(const Listed& event) {
    if (std::exchange(watchDenied_, false) && std::exchange(watchDenial_, {}).empty()) {
        note(NoteKind::WatchRestored);
    }
    const News news = event.lease ? observation_.found(*event.lease, event.sentAt, now_.boot)
                                  : observation_.missing(event.sentAt, now_.boot);
    if (news != News::Ignored) {
        staleBase_ = false;
        heard();
    }
    react(news);
    if (event.lease && observation_.foundNoneSince(event.sentAt)) {
        mustRead_ = true;
    }
    if (conflicted_ && event.sentAt >= conflicted_->answeredAt) {
        judgeConflict();
    }
}

void Election::on(const Changed& event) {
    const News news = observation_.hinted(event.lease, now_.boot);
    if (news != News::Ignored) {
        staleBase_ = false;
        heard();
    }
    react(news);
}

void Election::on(const Deleted& /*event*/) {
    // A hint: it may be old. Only a quorum read says that the Lease is missing.
    if (observation_.lease()) {
        mustRead_ = true;
    }
}

void Election::on(const WatchFailed& event) {
    if (event.error.kind == ErrorKind::Forbidden && !watchDenied_) {
        // Told once a read has shown that only the watch is denied.
        watchDenied_ = true;
        watchDenial_ = event.error.message;
        heard();
    }
    if (event.error.kind == ErrorKind::Forbidden) {
        return;
    }
    // One that ends soon after it was opened, again and again, is told once.
    constexpr int kTold = 4;
    const bool again = now_.boot - watchEndedAt_ < 2 * settings_.timing.retryPeriod;
    watchEndedAt_ = now_.boot;
    brokenWatches_ = again ? std::min(brokenWatches_ + 1, kTold + 1) : 1;
    if (brokenWatches_ == kTold) {
        note(NoteKind::WatchBroken, event.error.message);
    }
}

void Election::on(const AnsweredNo& /*event*/) {
    endTerm("it was found to have run out" + becauseOfTrouble(), Reason::Expired);
}

void Election::on(const StopRequested& /*event*/) {
    if (std::holds_alternative<Leading>(state_)) {
        drain(std::nullopt, "this process is stopping");
        return;
    }
    if (auto* draining = std::get_if<Draining>(&state_); draining != nullptr && draining->pause) {
        draining->pause.reset();
        if (!draining->programStopped) {
            draining->until = std::max(draining->until, drainedAt());
        }
    } else if (auto* releasing = std::get_if<Releasing>(&state_)) {
        releasing->pause.reset();
    }
    if (!std::holds_alternative<Following>(state_)) {
        return;
    }
    notBefore_ = now_.boot;  // whatever was asked of a candidate: what it holds is not to be kept
    const auto* write = std::get_if<PendingWrite>(&pending_);
    const bool writing = write != nullptr && write->intent != Intent::Ask;
    const bool holding = observation_.lease() && observation_.claim() == Claim::Ours;
    if (settings_.onShutdown == OnShutdown::Release && (writing || inDoubt_ || holding)) {
        // A term that ended early leaves promises behind, and perhaps a "yes" on its way; and what
        // a predecessor in this Pod has said, programs may remember.
        actions_.announceNo =
            now_.boot < promisedUntil_ || settings_.timing.pollTolerance > Duration(0);
        state_ = Draining{{}, serial_, drainedAt(), {}, {}, !actions_.announceNo};
    } else {
        state_ = Stopped{};
    }
}

void Election::on(const StepDownRequested& event) {
    const auto* leading = std::get_if<Leading>(&state_);
    if (leading != nullptr && (event.token.empty() || event.token == leading->term.token.text())) {
        drain(event.pause, "this process is stepping down", event.to);
    }
}

void Election::on(const HealthChanged& event) {
    if (!settings_.health) {
        return;
    }
    if (healthy_ && std::holds_alternative<Leading>(state_)) {
        unledSince_ = std::max(unledSince_, now_.boot);
    }
    unhealthyBecause_ = event.why;
    if (std::exchange(healthy_, event.healthy) != event.healthy) {
        note(healthy_ ? NoteKind::Healthy : NoteKind::Unhealthy, event.why);
    }
}

// The program of a process that steps down goes on: no promise to it is cut short.
void Election::drain(std::optional<Duration> pause, const std::string& why, const std::string& to) {
    const auto& leading = std::get<Leading>(state_);
    Draining draining{leading.term, leading.serial, {}, pause, to};
    endTerm(why, Reason::Draining);
    draining.until = pause ? std::max(now_.boot + settings_.drain, promisedUntil_) : drainedAt();
    state_ = draining;
    actions_.announceNo = true;
}

// When the program of a process that stops now has had the time that --drain gives it. Without one
// it has ended already. With one, no promise is cut short either, and a term that ended a moment
// ago counts as one that ends now.
Instant Election::drainedAt() const {
    const Duration drain = settings_.drain;
    const bool ledLately = now_.boot < std::max(promisedUntil_, endedAt_ + drain);
    return drain > Duration(0) && ledLately ? std::max(now_.boot + drain, promisedUntil_)
                                            : now_.boot;
}

// It speaks for itself: what others were promised is waited out, and what they may remember.
void Election::on(const ProgramStopped& event) {
    auto* draining = std::get_if<Draining>(&state_);
    if (draining != nullptr && draining->told == event.seq) {
        draining->programStopped = true;
        draining->until =
            std::min(draining->until, std::max(event.promisedUntil, draining->rememberedUntil));
    }
}

void Election::on(const NoAnnounced& /*event*/) {
    if (auto* draining = std::get_if<Draining>(&state_)) {
        draining->announced = true;
        draining->rememberedUntil = now_.boot + settings_.timing.pollTolerance;
        draining->until = std::max(draining->until, draining->rememberedUntil);
    }
}

void Election::on(const WriteAnswered& event) {
    const auto* pending = std::get_if<PendingWrite>(&pending_);
    if (pending == nullptr) {
        return;
    }
    const PendingWrite write = *pending;
    pending_ = std::monostate{};
    if (const auto* answer = std::get_if<Landed>(&event.answer)) {
        landed(write, *answer);
    } else {
        notLanded(write, std::get<ApiError>(event.answer));
    }
}

void Election::landed(const PendingWrite& write, const Landed& answer) {
    const bool creation = write.intent == Intent::Create;
    if (answer.created != creation) {
        // Against the protocol: our compare and swap swapped nothing, or our creation changed what
        // was there. Nothing begins or goes on by it.
        const std::string why = "the server did not compare before it swapped";
        note(NoteKind::CreatedByUpdate, toString(write.intent));
        endTerm(why);
        react(observation_.wrote(answer.lease, now_.boot));
        mustRead_ = true;
        failed({ErrorKind::Refused, 0, std::nullopt, why}, toString(write.intent), true);
        return;
    }
    if (write.base && answer.lease.revision <= *write.base) {
        const bool same = answer.lease.revision == *write.base;
        note(same ? NoteKind::WriteIgnored : NoteKind::RevisionWentBack,
             answer.lease.revision.text());
        conflicted(write, {ErrorKind::Refused, 0, std::nullopt,
                           "the server answered a write with the version that it was based on"});
        mustRead_ = true;
        return;
    }
    succeeded(true);
    if (!creation) {  // one that is deleted each time has to be made ever less often
        forgetConflicts();
    }
    react(observation_.wrote(answer.lease, now_.boot));
    heard();
    // The write landed, but perhaps on a Lease that was deleted since, as this process knows
    // already: then nothing begins or goes on by it, and a read has to show what there is now.
    const auto& lease = observation_.lease();
    const bool onPresentLease = lease && lease->uid == answer.lease.uid;
    mustRead_ = mustRead_ || !onPresentLease;
    const bool holding = std::holds_alternative<Leading>(state_);
    switch (write.intent) {
        case Intent::Create:
            created(answer.lease, write.sentAt.boot);
            break;
        case Intent::Acquire:
            // Something newer may have been seen before this answer: then that counts. So does what
            // was learnt meanwhile of an earlier Lease, unless this process leads already.
            if (onPresentLease && observation_.claim() == Claim::Ours &&
                (holding || now_.boot >= observation_.freeAt())) {
                beginTerm(answer.lease.revision, write.sentAt, write.serial);
            }
            break;
        case Intent::Renew:
            if (onPresentLease) {
                credit(write.serial, write.sentAt);
            }
            break;
        case Intent::Release:
            endRelease({});
            break;
        case Intent::Ask:
            break;
    }
}

void Election::created(const Lease& lease, Instant sentAt) {
    note(NoteKind::LeaseCreated);
    ++creationsInVain_;
    // A read that found none since may have been answered before the creation or after a deletion.
    mustRead_ = mustRead_ || observation_.foundNoneSince(sentAt);
    const auto& current = observation_.lease();
    const bool stillVacant =
        current && current->uid == lease.uid && observation_.claim() == Claim::Unheld;
    if (stillVacant && !observation_.sawAnother() && settings_.onMissing == OnMissing::Create) {
        observation_.takeOwnVacancy(now_.boot);
    }
}

void Election::notLanded(const PendingWrite& write, const ApiError& error) {
    if (write.intent == Intent::Ask) {
        // No reason to take a free Lease later, nor to be unready: perhaps others may ask.
        const Timing& timing = settings_.timing;
        const bool forGood = isRefusal(error.kind) && !mayBeLostRace(error.kind);
        askAt_ =
            now_.boot + (forGood ? timing.leaseDuration
                                 : jitter_.between(timing.retryPeriod / 2, timing.retryPeriod));
        mustRead_ = true;
        return;
    }
    if (auto* releasing = std::get_if<Releasing>(&state_);
        releasing != nullptr && isRefusal(error.kind)) {
        ++releasing->refusals;
    }
    if (mayBeLostRace(error.kind)) {
        conflicted(write, error);
        return;
    }
    if (!certainlyNotApplied(error.kind)) {
        inDoubt_ = true;  // it may have landed: read back before judging (rule 4)
        mustRead_ = true;
    }
    failed(error, toString(write.intent), true);
}

// A read was answered that was sent after the conflict. If it shows what the write was based on,
// there was no race: the server, or something before it, refuses the write by that answer.
void Election::judgeConflict() {
    const auto conflict = std::exchange(conflicted_, std::nullopt);
    if (!conflict) {
        return;
    }
    const auto& lease = observation_.lease();
    const std::optional<Revision> present =
        lease ? std::optional(lease->revision) : std::optional<Revision>();
    if (present == conflict->base) {
        failed(conflict->error, toString(conflict->intent), true);
    }
}

// Somebody was quicker, or has touched the metadata. The winner of a race for a free Lease will be
// shown by the watch; a holder cannot wait for that.
void Election::conflicted(const PendingWrite& write, const ApiError& error) {
    conflicted_ = Conflicted{write.intent, write.base, now_.boot, error};
    const bool watching = !watchDenied_ && std::holds_alternative<Following>(state_);
    if (watching && write.intent == Intent::Acquire) {
        const Duration period = settings_.timing.retryPeriod;
        staleBase_ = true;
        silentAt_ = std::min(silentAt_, now_.boot + jitter_.between(period / 8, period / 4));
    } else {
        mustRead_ = true;
    }
    if (++conflicts_ > 1) {  // somebody keeps changing it: not at the speed of the network
        notBefore_ = now_.boot + writeBackoff_.nextUpTo(settings_.timing.retryPeriod);
    }
}

void Election::succeeded(bool write) {
    if (write || !failingWrites_) {  // a read says nothing of the right to write
        forgetFailures();
    }
}

void Election::forgetConflicts() {
    writeBackoff_.reset();
    conflicts_ = 0;
    creationsInVain_ = 0;
}

void Election::forgetFailures() {
    backoff_.reset();
    toldFailures_.clear();
    standing_.trouble.clear();
    standing_.denied = false;
    failingWrites_.reset();
}

void Election::failed(const ApiError& error, const char* what, bool write) {
    const bool refused = isRefusal(error.kind);
    if (write) {
        if (!failingWrites_) {
            failingWrites_ = FailingWrites{now_.boot};
        }
        ++failingWrites_->attempts;
        failingWrites_->refused = refused;
    }
    waitAfter(error, refused && write);
    standing_.trouble = error.message;
    standing_.denied = (refused && !write) || mayNotWrite();
    // What keeps a write from succeeding keeps any, whatever it is for.
    if (toldFailures_.insert(std::string(write ? "write" : what) + ": " + toString(error.kind))
            .second) {
        note(NoteKind::RequestFailed, std::string(what) + ": " + error.message);
    }
}

// A write that is refused is told at once. One that fails in any other way, as by a webhook that is
// down or a proxy, may succeed the next time, and a term that is valid shows that one has: it is
// told when no write has succeeded for the renew deadline, be it that the Lease can be read.
bool Election::mayNotWrite() const {
    constexpr int kBlips = 2;
    if (!failingWrites_) {
        return false;
    }
    const bool persistent = failingWrites_->attempts > kBlips &&
                            now_.boot - failingWrites_->since >= settings_.timing.renewDeadline;
    return failingWrites_->refused || (persistent && !std::holds_alternative<Leading>(state_));
}

// When to ask again. A Lease that must not be written is not worth a request in each retry period:
// a candidate asks less and less often, up to once in its lease duration, which is what a take-over
// may take anyway. Who has a term, or a Lease to give back, asks again while that lasts, whatever
// the server asks for: half of what is left is the most that is waited.
void Election::waitAfter(const ApiError& error, bool refusedWrite) {
    const Timing& timing = settings_.timing;
    const std::optional<Instant> end = endOfWork();
    const bool patient = refusedWrite && !end;
    Backoff& backoff = refusedWrite ? writeBackoff_ : backoff_;
    Duration wait = backoff.nextUpTo(patient ? timing.leaseDuration : timing.retryPeriod);
    if (error.retryAfter) {
        Duration asked = std::min<Duration>(*error.retryAfter, timing.leaseDuration);
        if (end && asked + timing.retryPeriod / 4 > *end - now_.boot) {
            asked = std::max<Duration>(*end - now_.boot, Duration(0)) / 2;
        }
        wait = std::max(wait, asked);
    }
    notBefore_ = now_.boot + wait;
}

// Until when there is something that would be lost by waiting.
std::optional<Instant> Election::endOfWork() const {
    if (const auto* leading = std::get_if<Leading>(&state_)) {
        return leading->term.validUntil;
    }
    if (const auto* draining = std::get_if<Draining>(&state_)) {
        return draining->term ? draining->term->validUntil : draining->until;
    }
    if (const auto* releasing = std::get_if<Releasing>(&state_)) {
        return releasing->until;
    }
    return std::nullopt;
}

void Election::heard() {
    const Duration period = settings_.timing.retryPeriod;
    silentAt_ = now_.boot + (watchDenied_ ? jitter_.between(period * 4 / 5, period * 6 / 5)
                                          : 2 * period + jitter_.upTo(period / 4));
}

void Election::react(News news) {
    if (news == News::Ignored || news == News::Same) {
        return;
    }
    conflicted_.reset();  // somebody was quicker indeed
    const Duration period = settings_.timing.retryPeriod;
    const auto& lease = observation_.lease();
    if (!lease) {
        note(NoteKind::LeaseMissing);
        holderForLife_.clear();
        // Whoever knew the Lease leaves the leader time to make it again.
        constexpr std::chrono::milliseconds kLongest{50};
        createAt_ = now_.boot + (observation_.everSeen()
                                     ? jitter_.between(period / 8, period / 4)
                                     : jitter_.upTo(std::min<Duration>(period / 8, kLongest)));
        if (creationsInVain_ > 1) {  // somebody deletes it each time
            createAt_ = std::max(createAt_, now_.boot + writeBackoff_.nextUpTo(period));
        }
        return;
    }
    if (news == News::WentBack) {
        note(NoteKind::RevisionWentBack, lease->revision.text());
        endTerm("the Lease is older than it was: etcd was restored");
    }
    // Spreads the candidates without costing a take-over much.
    constexpr std::chrono::milliseconds kLongestClaimJitter{25};
    claimJitter_ = jitter_.upTo(std::min<Duration>(period / 8, kLongestClaimJitter));
    noteRecord(*lease);
    notePreference(lease->record);
    reactAsHolder(lease->record);
}

// Rule 3: a term ends at once when somebody else is seen to hold the Lease.
void Election::reactAsHolder(const LeaseRecord& record) {
    switch (observation_.claim()) {
        case Claim::Ours: {
            // A write whose answer was late or lost, proven by the record: it counts from when *it*
            // was sent.
            const SentWrite* write = ownWrites_.find(record);
            credit(write->term, write->sentAt);
            break;
        }
        case Claim::Unheld:
            // A Lease that was deleted and made again, vacant, ends no term: nobody else may take
            // it before ours is over (rule 8). Not so a release that we did not write.
            break;
        case Claim::Released:
            endTerm("somebody released the Lease");
            break;
        case Claim::SamePod:
        case Claim::Rival:
            endTerm("another holds the Lease");
            // Whether it may write by now shows when it has to.
            forgetFailures();
            forgetConflicts();
            break;
    }
}

void Election::noteRecord(const Lease& lease) {
    if (lease.oddities != oddities_) {
        oddities_ = lease.oddities;
        for (const std::string& oddity : oddities_) {
            note(NoteKind::OddRecord, oddity);
        }
    }
    const std::string forLife = observation_.isForLife() ? lease.record.holder : std::string();
    if (std::exchange(holderForLife_, forLife) != forLife && !forLife.empty()) {
        note(NoteKind::HeldForLife, forLife);
    }
    if (observation_.claim() != Claim::Rival || lease.record.holder != settings_.identity.id) {
        return;
    }
    // The first sight may be of a dead predecessor; one that renews is alive.
    if (namesake_ != lease.record.session) {
        namesake_ = lease.record.session;
        namesakeTold_ = false;
    } else if (!std::exchange(namesakeTold_, true)) {
        note(NoteKind::NameInUse, lease.record.session);
    }
}

// Rule 18: a release is left to the candidate that it prefers, for a moment. Not so what was
// preferred before it was written, nor any other record, and only once for each release.
void Election::notePreference(const LeaseRecord& record) {
    constexpr std::chrono::milliseconds kStandBack{300};
    if (observation_.claim() != Claim::Released) {
        stalePreference_ = record.preferredHolder;
        releasedAt_.reset();
        standBackUntil_ = Instant{};
        return;
    }
    const bool isStale =
        record.preferredHolder.empty() || record.preferredHolder == stalePreference_;
    const bool isPreferred = record.preferredHolder == settings_.identity.id;
    if (auto* following = std::get_if<Following>(&state_);
        following != nullptr && isPreferred && !isStale) {
        claimJitter_ = Duration(0);
        following->pausedUntil = Instant{};  // another has led since it stepped down
    }
    if (std::exchange(releasedAt_, record.renewTime) != record.renewTime) {
        standBackUntil_ = isStale || isPreferred ? Instant{} : now_.boot + kStandBack;
    }
}

void Election::beginTerm(const Revision& token, const Moment& sentAt, std::uint64_t serial) {
    const bool following = std::holds_alternative<Following>(state_);
    if (!following && !std::holds_alternative<Leading>(state_)) {
        return;  // stopping: what was acquired will be released
    }
    Term term{token, Instant::min(), WallTime::min()};
    extend(term, sentAt);
    if (!term.isValidAt(now_)) {
        return;  // answered too late: an observation, no term (rule 1)
    }
    state_ = Leading{term, serial};
    note(NoteKind::TermBegan, token.text());
    if (!healthy_ && !mustStepDown()) {
        note(NoteKind::Degraded, unhealthyBecause_);
    }
}

void Election::endTerm(const std::string& why, Reason reason) {
    if (std::holds_alternative<Leading>(state_)) {
        state_ = Following{};
        endedAt_ = now_.boot;
        if (healthy_) {
            unledSince_ = std::max(unledSince_, now_.boot);
        }
        ended_ = reason;
        note(NoteKind::TermEnded, why);
    } else if (auto* draining = std::get_if<Draining>(&state_)) {
        draining->term.reset();  // nothing is renewed any more
    }
}

void Election::endLapsedTerm() {
    const auto* leading = std::get_if<Leading>(&state_);
    if (leading != nullptr && !leading->term.isValidAt(now_)) {
        endTerm("it could not be renewed in time" + becauseOfTrouble(), Reason::Expired);
        publish();  // this "no" is told though the event may begin another term
    }
}

std::string Election::becauseOfTrouble() const {
    return standing_.trouble.empty() ? "" : ": " + standing_.trouble;
}

// Prolongs the term `serial`, if it is the present one, by a write of it that landed.
void Election::credit(std::uint64_t serial, const Moment& sentAt) {
    auto* leading = std::get_if<Leading>(&state_);
    auto* draining = std::get_if<Draining>(&state_);
    if (leading != nullptr && leading->serial == serial) {
        extend(leading->term, sentAt);
    } else if (draining != nullptr && draining->serial == serial && draining->term &&
               draining->term->isValidAt(now_)) {
        extend(*draining->term, sentAt);
    }
}

void Election::extend(Term& term, const Moment& sentAt) {
    using std::chrono::microseconds;
    const Duration deadline = settings_.timing.renewDeadline;
    if (sentAt.boot + deadline > term.validUntil) {
        term.validUntil = sentAt.boot + deadline;
        term.wallLimit = sentAt.wall + std::chrono::duration_cast<microseconds>(deadline);
        renewAt_ = sentAt.boot + settings_.timing.retryPeriod;
    }
}

void Election::endRelease(const std::string& whyNot) {
    if (const auto pause = std::get<Releasing>(state_).pause) {
        state_ = Following{now_.boot + *pause};
    } else {
        state_ = Stopped{};
    }
    note(whyNot.empty() ? NoteKind::Released : NoteKind::NotReleased, whyNot);
}

void Election::note(NoteKind kind, std::string detail) {
    actions_.notes.push_back({kind, std::move(detail)});
}

}  // namespace elector::election
