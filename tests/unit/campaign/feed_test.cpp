#include "elector/campaign/feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "elector/runtime/clock.h"

namespace elector::campaign {
namespace {

using election::Standing;

Standing no(std::uint64_t seq) {
    Standing standing;
    standing.seq = seq;
    return standing;
}

Standing yes(std::uint64_t seq, int token) {
    Standing standing = no(seq);
    standing.term = election::Term{*election::Revision::parse(std::to_string(token)),
                                   election::Instant::max(), election::WallTime::max()};
    return standing;
}

// What an observer that has read `seq` reads next: 0 for nothing.
std::uint64_t numberAfter(const Feed& feed, std::uint64_t seq) {
    const auto next = feed.after(seq);
    return next ? next->seq : 0;
}

TEST(FeedTest, BeginsWithWhatIsKnownBeforeAnythingIs) {
    const Feed feed;
    ASSERT_TRUE(feed.after(0));
    EXPECT_FALSE(feed.after(0)->term);
    EXPECT_EQ(feed.after(0)->reason, election::Reason::Initial);
    EXPECT_EQ(numberAfter(feed, 1), 0U);
}

TEST(FeedTest, WithoutRenewalsOnlyChangesAreNews) {
    Feed feed;
    Standing renewed = yes(3, 17);
    renewed.reason = election::Reason::Renewed;
    Standing acquired = yes(2, 17);
    acquired.reason = election::Reason::Acquired;
    feed.publish({acquired, renewed});
    EXPECT_EQ(feed.after(1, false)->seq, 3U) << "the newest, since something changed";
    EXPECT_FALSE(feed.after(2, false));
    EXPECT_EQ(numberAfter(feed, 2), 3U);
}

TEST(FeedTest, ASlowObserverReadsTheLastNoAndTheNewest) {
    struct Case {
        const char* what;
        std::vector<Standing> told;
        std::vector<std::uint64_t> read;  // by one that has read number 2
    };
    const Case cases[] = {
        {"renewals", {yes(3, 7), yes(4, 7)}, {4}},
        {"a new term without an end of the old one", {yes(3, 9)}, {3}},
        {"a no between two terms", {no(3), yes(4, 9)}, {3, 4}},
        {"a no between two terms, and a renewal", {no(3), yes(4, 9), yes(5, 9)}, {3, 5}},
        {"more than one", {no(3), yes(4, 9), no(5), no(6), yes(7, 11)}, {6, 7}},
        {"a no for an end", {no(3), yes(4, 9), no(5)}, {5}},
        {"nothing", {}, {}},
    };
    for (const Case& each : cases) {
        Feed feed;
        feed.publish({yes(2, 7)});
        feed.publish(each.told);
        std::vector<std::uint64_t> read;
        for (std::uint64_t seq = numberAfter(feed, 2); seq != 0; seq = numberAfter(feed, seq)) {
            read.push_back(seq);
        }
        EXPECT_EQ(read, each.read) << each.what;
    }
}

TEST(FeedTest, WakesWhoeverIsSubscribedOnceForEachPublication) {
    Feed feed;
    int first = 0;
    int second = 0;
    const Feed::Subscription kept = feed.subscribe([&] { ++first; });
    {
        const Feed::Subscription ended = feed.subscribe([&] { ++second; });
        feed.publish({no(2), yes(3, 7)});
    }
    feed.publish({no(4)});
    feed.publish({});
    EXPECT_EQ(first, 2);
    EXPECT_EQ(second, 1);
}

// One of them reads as fast as it can, one after each wake, one hardly ever: none sees a term
// follow another without the "no" between them, and each ends at the newest.
TEST(FeedTest, NoObserverMissesANoBetweenTwoTermsHoweverSlowItIs) {
    constexpr std::uint64_t kTerms = 20'000;
    Feed feed;
    std::atomic<int> wrong = 0;
    const auto observe = [&](int pause) {
        runtime::Wake wake;
        const Feed::Subscription subscription = feed.subscribe([&wake] { wake.wake(); });
        std::optional<election::Revision> token;
        std::uint64_t seq = 0;
        while (seq < 2 * kTerms + 1) {
            const auto next = feed.after(seq);
            if (!next) {
                wake.waitUntil(std::nullopt);
                continue;
            }
            if (next->seq <= seq || (next->term && token && next->term->token != *token)) {
                ++wrong;
            }
            token = next->term ? std::optional(next->term->token) : std::nullopt;
            seq = next->seq;
            for (int i = 0; i < pause; ++i) {
                std::this_thread::yield();
            }
        }
    };
    std::vector<std::jthread> observers;
    for (const int pause : {0, 1, 1000}) {
        observers.emplace_back(observe, pause);
    }
    for (std::uint64_t term = 1; term <= kTerms; ++term) {
        feed.publish({yes(2 * term, static_cast<int>(term))});
        feed.publish({no(2 * term + 1)});
    }
    observers.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace elector::campaign
