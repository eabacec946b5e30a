#include "tests/integration/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/election/revision.h"

namespace elector::test {

void Claims::follow(std::shared_ptr<const ElectorProcess> elector) {
    askers_.emplace_back(
        [this, elector = std::move(elector)](const std::stop_token& stop) { ask(*elector, stop); });
}

bool Claims::stopAtToken(std::size_t count) {
    const runtime::SystemClock clock;
    const auto deadline = clock.now() + std::chrono::seconds(20);
    while (tokens().size() < count && clock.now() < deadline) {
        pauseBeforeNextLook();
    }
    stop();
    return tokens().size() == count;
}

void Claims::ask(const ElectorProcess& elector, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto reply = elector.leader(std::chrono::seconds(1));
        // An answer that took longer than it is valid for lets nobody act.
        if (reply && reply->isLeader && reply->received < reply->sent + reply->validFor) {
            const std::scoped_lock lock(mutex_);
            claims_.push_back(
                {reply->id, reply->fencingToken, reply->received, reply->sent + reply->validFor});
        }
        pauseBeforeNextLook();
    }
}

std::vector<Claims::Claim> Claims::sorted() const {
    const std::scoped_lock lock(mutex_);
    std::vector<Claim> claims = claims_;
    std::sort(claims.begin(), claims.end(),
              [](const Claim& left, const Claim& right) { return left.begin < right.begin; });
    return claims;
}

std::string Claims::overlaps() const {
    std::string found;
    std::optional<Claim> longest;
    for (const Claim& claim : sorted()) {
        if (longest && longest->id != claim.id && claim.begin < longest->end) {
            found += fmt::format("{} (token {}) and {} (token {}) overlap by {} us\n", longest->id,
                                 longest->token, claim.id, claim.token,
                                 (longest->end - claim.begin).count() / 1000);
        }
        if (!longest || claim.end > longest->end) {
            longest = claim;
        }
    }
    return found;
}

std::vector<std::string> Claims::tokens() const {
    std::vector<std::string> tokens;
    for (const Claim& claim : sorted()) {
        if (std::find(tokens.begin(), tokens.end(), claim.token) == tokens.end()) {
            tokens.push_back(claim.token);
        }
    }
    return tokens;
}

std::string Claims::disorder() const {
    std::string found;
    std::optional<election::Revision> last;
    for (const std::string& token : tokens()) {
        const auto next = election::Revision::parse(token);
        if (!next || (last && *next <= *last)) {
            found += fmt::format("token {} came after {}\n", token, last ? last->text() : "none");
        }
        last = next ? next : last;
    }
    return found;
}

}  // namespace elector::test
