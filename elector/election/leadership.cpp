#include "elector/election/leadership.h"

#include <algorithm>

namespace elector::election {

const char* toString(Reason reason) {
    switch (reason) {
        case Reason::Initial:
            return "initial";
        case Reason::Acquired:
            return "acquired";
        case Reason::Renewed:
            return "renewed";
        case Reason::Draining:
            return "draining";
        case Reason::Lost:
            return "lost";
        case Reason::Expired:
            return "expired";
        case Reason::Changed:
            return "changed";
        case Reason::Vacant:
            return "vacant";
    }
    return "unknown";
}

Answer answerAt(const Standing& standing, const std::string& ownId, const Moment& now) {
    using std::chrono::milliseconds;
    Answer answer;
    answer.leaseUid = standing.leaseUid;
    answer.transitions = standing.transitions;
    answer.acquireTime = standing.acquireTime;
    answer.renewTime = standing.renewTime;
    answer.trouble = standing.trouble;
    answer.seq = standing.seq;
    answer.reason = standing.reason;
    answer.endedToken = standing.endedToken;
    const bool leads = standing.term && standing.term->isValidAt(now);
    if (standing.term && !leads) {
        answer.endedToken = standing.term->token.text();
    }
    if (leads) {
        answer.leader = ownId;
        answer.isLeader = true;
        answer.degraded = standing.degraded;
        answer.fencingToken = standing.term->token.text();
        const Duration left = std::min<Duration>(standing.term->validUntil - now.boot,
                                                 standing.term->wallLimit - now.wall);
        answer.validFor = std::chrono::duration_cast<milliseconds>(left);
        answer.validUntil = now.boot + left;
    } else if (standing.leader != ownId && now.boot < standing.leaderUntil) {
        answer.leader = standing.leader;
        if (!answer.leader.empty()) {
            answer.leadsForLife = standing.leadsForLife;
            answer.degraded = standing.degraded;
            answer.validFor =
                std::chrono::duration_cast<milliseconds>(standing.leaderUntil - now.boot);
        }
    }
    return answer;
}

}  // namespace elector::election
