#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "elector/campaign/feed.h"
#include "elector/runtime/time_text.h"
#include "elector/status_api.h"

namespace elector::test {

// An elector of which a test says who leads, and its feed.
class ToldStatus final : public StatusSource {
  public:
    explicit ToldStatus(const runtime::Clock& clock) : clock_(clock) {}

    const std::string& id() const override { return id_; }
    const election::LeaseKey& lease() const override { return lease_; }
    election::Answer answer() const override {
        const std::lock_guard lock(mutex_);
        return answerAt(standing_, id_, clock_.moment());
    }
    std::optional<std::string> notLive() const override { return std::nullopt; }
    std::optional<std::string> notReady() const override { return std::nullopt; }
    std::string metrics() const override { return ""; }

    campaign::Feed& feed() { return feed_; }
    void tell(const election::Standing& standing) {
        set(standing);
        feed_.publish({standing});
    }
    void set(const election::Standing& standing) {
        const std::lock_guard lock(mutex_);
        standing_ = standing;
    }

    // The next standing: another leads, or nobody; this one leads for 4.2 s.
    election::Standing no(election::Reason reason, const std::string& leader = "") {
        using std::chrono::seconds;
        election::Standing standing;
        standing.seq = ++seq_;
        standing.reason = reason;
        standing.leader = leader;
        standing.leaderUntil = clock_.now() + seconds(15);
        return standing;
    }
    election::Standing yes(election::Reason reason, const std::string& token = "9007199254740993") {
        constexpr std::chrono::milliseconds kValid{4200};
        election::Standing standing;
        standing.seq = ++seq_;
        standing.reason = reason;
        standing.term = election::Term{*election::Revision::parse(token), clock_.now() + kValid,
                                       clock_.wall() + kValid};
        standing.leaseUid = "6d0ad6e5";
        standing.transitions = 3;
        standing.acquireTime = runtime::parseRfc3339("2026-01-02T03:04:05.000006Z");
        standing.renewTime = runtime::parseRfc3339("2026-01-02T03:04:07Z");
        return standing;
    }

  private:
    const runtime::Clock& clock_;
    const std::string id_ = "web-0";
    const election::LeaseKey lease_{"default", "web"};
    mutable std::mutex mutex_;
    election::Standing standing_;
    campaign::Feed feed_;
    std::uint64_t seq_ = 1;
};

}  // namespace elector::test
