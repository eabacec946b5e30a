#include "elector/exec/director.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "elector/config/invocation.h"
#include "elector/election/timing.h"

namespace elector::exec {

// -------------------------------------------------------------------------------------------- fuse

void Fuse::extend(Instant validUntil) {
    if (!isLit()) {
        validUntil_ = validUntil;
    }
}

void Fuse::light(Instant now) {
    if (!isLit()) {
        litAt_ = now;
    }
}

Fuse::Due Fuse::due(Instant now) const {
    if (now >= killAt()) {
        return Due::Kill;
    }
    return !isLit() && now >= next() ? Due::Tell : Due::Nothing;
}

Instant Fuse::next() const {
    return isLit() ? killAt() : std::min(validUntil_ - grace_, killAt());
}

Instant Fuse::killAt() const {
    const Instant last = validUntil_ - election::kKillMargin;
    return litAt_ ? std::min(*litAt_ + grace_, last) : last;
}

// ---------------------------------------------------------------------------------------- director

namespace {

constexpr int kExitOfSignal = 128;
constexpr std::chrono::milliseconds kKillAgain{20};

bool stopsByDefault(int signal) {
    return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

bool isIgnoredByDefault(int signal) {
    return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

// What a program takes as: end. SIGHUP asks many to read their settings again.
bool asksToEnd(int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

}  // namespace

Orders Director::told(std::optional<Lead> lead, Instant now) {
    lead_ = std::move(lead);
    return decide(now);
}

Orders Director::received(int signal, Instant now) {
    Orders orders = decide(now);
    if (orders.exit) {
        return orders;
    }
    if (running_) {
        askedToEnd_ = askedToEnd_ || asksToEnd(signal);
        orders.forward = signal;
    } else if (stopsByDefault(signal)) {
        orders.stop = true;
    } else if (!isIgnoredByDefault(signal)) {
        orders.exit = kExitOfSignal + signal;
    }
    return orders;
}

Orders Director::ended(int code, bool lost, Instant now) {
    const bool isLost = std::exchange(lost_, false) || lost;
    running_.reset();
    since_ = now;
    Orders orders;
    if (!isLost || askedToEnd_) {
        orders.exit = code;
    } else if (policy_.exitsOnLoss) {
        orders.exit = config::kExitLost;
    } else {
        return decide(now);
    }
    return orders;
}

Orders Director::decide(Instant now) {
    Orders orders;
    if (!running_) {
        // A term about to end is no time to begin.
        if (lead_ && Fuse(policy_.grace, lead_->validUntil).due(now) == Fuse::Due::Nothing) {
            orders.start = lead_;
            running_.emplace(
                Running{lead_->token, lead_->validUntil, Fuse(policy_.grace, lead_->validUntil)});
            killNext_ = {};
        } else if (policy_.timeout > Duration::zero() && now >= since_ + policy_.timeout) {
            orders.exit = config::kExitTimeout;
        }
        return orders;
    }
    Running& running = *running_;
    if (!running.fuse.isLit()) {
        const bool leads = lead_ && lead_->token == running.token;
        if (leads && lead_->validUntil != running.validUntil) {
            running.validUntil = lead_->validUntil;
            running.fuse.extend(lead_->validUntil);
            orders.extend = lead_->validUntil;
        }
        if (!leads || running.fuse.due(now) != Fuse::Due::Nothing) {
            running.fuse.light(now);
            lost_ = true;
            orders.lose = true;
        }
    }
    if (running.fuse.due(now) == Fuse::Due::Kill && now >= killNext_) {
        killNext_ = now + kKillAgain;
        orders.kill = true;
    }
    return orders;
}

Instant Director::wakeAt() const {
    if (running_) {
        return std::max(running_->fuse.next(), killNext_);
    }
    return policy_.timeout > Duration::zero() ? since_ + policy_.timeout : Instant::max();
}

}  // namespace elector::exec
