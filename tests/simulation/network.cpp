#include "tests/simulation/network.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace elector::simulation {

using election::ApiError;
using election::ErrorKind;
using election::Event;
using std::chrono::microseconds;

Event failureOf(Call::Kind kind, const ApiError& error) {
    switch (kind) {
        case Call::Kind::Read:
            return election::ReadAnswered{error};
        case Call::Kind::Write:
            return election::WriteAnswered{error};
        case Call::Kind::List:
            break;
    }
    return election::WatchFailed{error};
}

void Network::submit(const Call& call, Link& link, Deliver deliver) {
    if (swallowed_ == call.process && call.kind != Call::Kind::List) {
        swallowed_.reset();
        return;
    }
    if (instead_) {
        if (const auto answer = instead_(call)) {
            if (*answer) {
                queue_.after(hop(), [deliver, event = **answer] { deliver(event, 0); });
            }
            return;
        }
    }
    if (queue_.now() < link.refusedUntil) {
        queue_.after(hop(), [deliver, kind = call.kind] {
            deliver(failureOf(kind, errorOf(ErrorKind::Unauthorized)), 0);
        });
        return;
    }
    if (queue_.now() < stormUntil_ && random_.chance(storm_) && refuse(call, link, deliver)) {
        return;
    }
    carry(call, link, deliver);
    if (random_.chance(duplicates_)) {
        // A proxy that tries again by itself: whichever answer comes first is the answer.
        carry(call, link, deliver);
    }
}

bool Network::refuse(const Call& call, const Link& link, const Deliver& deliver) {
    ApiError error = errorOf(random_.pick(stormKinds_));
    if (error.kind == ErrorKind::Throttled && random_.chance(300)) {
        error.retryAfter = std::chrono::seconds(random_.between(0, 2));
    }
    if (!certainlyNotApplied(error.kind) && random_.chance(700)) {
        carry(call, link, [](const Event&, std::size_t) {});  // the answer is what gets lost
    }
    queue_.after(hop(), [deliver, error, kind = call.kind] { deliver(failureOf(kind, error), 0); });
    return true;
}

void Network::carry(const Call& call, const Link& link, const Deliver& deliver) {
    const std::optional<Duration> arrives = arrival(link.requestsCutUntil);
    if (!arrives) {
        if (random_.chance(300)) {
            queue_.after(hop(), [deliver, kind = call.kind] {
                deliver(failureOf(kind, errorOf(ErrorKind::Unreachable)), 0);
            });
        }
        return;
    }
    queue_.at(*arrives, [this, call, &link, deliver] {
        const Event answer = apply(call);
        const std::size_t place = api_.changes().size();
        if (const std::optional<Duration> back = wayBack(call, link, answer)) {
            queue_.at(*back, [deliver, answer, place] { deliver(answer, place); });
        }
    });
}

std::optional<Duration> Network::wayBack(const Call& call, const Link& link, const Event& answer) {
    const auto* written = std::get_if<election::WriteAnswered>(&answer);
    if (held_ && written != nullptr && std::holds_alternative<election::Landed>(written->answer) &&
        call.write->intent == election::Intent::Acquire) {
        std::exchange(held_, nullptr)(call.process);
        return queue_.now() + heldFor_;
    }
    return arrival(link.answersCutUntil);
}

Event Network::apply(const Call& call) {
    switch (call.kind) {
        case Call::Kind::Read:
            return election::ReadAnswered{api_.read()};
        case Call::Kind::List:
            return election::Listed{api_.read(), call.sentAt};
        case Call::Kind::Write:
            break;
    }
    const std::size_t before = api_.changes().size();
    const ApiModel::Answer answer = api_.write(*call.write);
    if (const auto* error = std::get_if<ApiError>(&answer)) {
        return election::WriteAnswered{*error};
    }
    const auto& landed = std::get<election::Landed>(answer);
    if (api_.changes().size() != before) {
        landed_(call, landed);
    }
    return election::WriteAnswered{landed};
}

std::optional<Duration> Network::arrival(Duration cutUntil) {
    const Duration when = queue_.now() + hop();
    if (random_.chance(loss_)) {
        return std::nullopt;
    }
    const Duration cut = std::max(cutUntil, outageUntil_);
    if (when >= cut) {
        return when;
    }
    if (random_.chance(600)) {
        return std::nullopt;
    }
    return cut + hop();  // sent again by TCP once the way is free
}

Duration Network::hop() {
    if (queue_.now() < slowUntil_ || random_.chance(lateness_)) {
        return random_.between(Duration(0), longDelay_);
    }
    return random_.between(microseconds(200), microseconds(3000));
}

void Network::stormUntil(Duration when, int permille, std::vector<ErrorKind> kinds) {
    stormUntil_ = when;
    storm_ = permille;
    stormKinds_ = std::move(kinds);
}

void Network::calm() {
    loss_ = 0;
    duplicates_ = 0;
    lateness_ = 0;
    outageUntil_ = Duration(0);
    slowUntil_ = Duration(0);
    stormUntil_ = Duration(0);
    held_ = nullptr;
}

}  // namespace elector::simulation
