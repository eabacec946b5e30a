#include "injector/operator/work_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace injector::operators {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Stands still until it is set.
class HeldClock final : public elector::runtime::Clock {
  public:
    Instant now() const override { return now_; }
    elector::runtime::WallTime wall() const override { return {}; }
    void advance(Duration by) { now_ += by; }

  private:
    Instant now_{1h};
};

Task task(const std::string& name) {
    return {TaskKind::Lease, {}, {"shop", name}};
}

class WorkQueueTest : public testing::Test {
  protected:
    // The name of the next task that is due; "" where none is.
    std::string take() {
        queue_.add({TaskKind::Sweep, {}, {"", "last"}});
        const auto next = queue_.take(stop_.get_token());
        if (next->kind == TaskKind::Sweep) {
            return "";
        }
        queue_.take(stop_.get_token());  // what marks the end, if nothing else is due
        return next->key.name;
    }

    HeldClock clock_;
    std::stop_source stop_;
    WorkQueue queue_{clock_, 1};
};

TEST_F(WorkQueueTest, GivesEachTaskOnceInTheOrderOfTheirComing) {
    for (const auto* name : {"b", "a", "b", "c", "a"}) {
        queue_.add(task(name));
    }
    for (const auto* name : {"b", "a", "c"}) {
        EXPECT_EQ(queue_.take(stop_.get_token())->key.name, name);
    }
    EXPECT_EQ(take(), "");
}

TEST_F(WorkQueueTest, LetsNamespacesTakeTurns) {
    constexpr int kMany = 4'000;
    for (int number = 0; number < kMany; ++number) {
        queue_.add({TaskKind::Pod, {}, {"greedy", std::to_string(number)}});
    }
    queue_.take(stop_.get_token());
    queue_.add({TaskKind::Pod, {}, {"modest", "a"}});
    queue_.add({TaskKind::Lease, {}, {"modest", "b"}});
    queue_.add({TaskKind::Pod, {}, {"other", "a"}});
    std::vector<std::string> served;
    for (int count = 0; count < 6; ++count) {
        served.push_back(queue_.take(stop_.get_token())->key.space);
    }
    EXPECT_EQ(served, (std::vector<std::string>{"greedy", "modest", "other", "greedy", "modest",
                                                "greedy"}));
}

TEST_F(WorkQueueTest, LetsNamespacesTakeTurnsWithWhatWasAwaited) {
    for (int number = 0; number < 100; ++number) {
        queue_.addLater({TaskKind::Pod, {}, {"greedy", std::to_string(number)}}, 1s);
    }
    queue_.addLater({TaskKind::Pod, {}, {"modest", "a"}}, 2s);
    clock_.advance(2s);
    EXPECT_EQ(queue_.take(stop_.get_token())->key.space, "greedy");
    EXPECT_EQ(queue_.take(stop_.get_token())->key.space, "modest");
}

TEST_F(WorkQueueTest, GivesThePodsOfANamespaceBeforeItsLeases) {
    queue_.add({TaskKind::Lease, {}, {"shop", "a"}});
    queue_.add({TaskKind::Pod, {}, {"shop", "b"}});
    EXPECT_EQ(queue_.take(stop_.get_token())->key.name, "b");
    EXPECT_EQ(queue_.take(stop_.get_token())->key.name, "a");
}

TEST_F(WorkQueueTest, WaitsForTheTimeOfATaskUnlessItIsAddedAnew) {
    queue_.addLater(task("a"), 1min);
    EXPECT_EQ(take(), "");
    clock_.advance(1min);
    EXPECT_EQ(take(), "a");
    queue_.addLater(task("a"), 1min);
    queue_.add(task("a"));
    EXPECT_EQ(take(), "a");
    clock_.advance(1h);
    EXPECT_EQ(take(), "") << "the later time was given up";
}

TEST_F(WorkQueueTest, KeepsTheEarlierTime) {
    queue_.addLater(task("a"), 1s);
    queue_.addLater(task("a"), 1h);
    clock_.advance(1s);
    EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, WaitsLongerAfterEachFailureUntilASuccess) {
    const auto wait = [&] {
        Duration waited{0};
        queue_.retry(task("a"), std::nullopt);
        while (take().empty()) {
            clock_.advance(50ms);
            waited += 50ms;
        }
        return waited;
    };
    Duration most = WorkQueue::kFirstRetry;
    for (int count = 0; count < 12; ++count) {
        const Duration waited = wait();
        EXPECT_GE(waited, most / 2) << count;
        EXPECT_LE(waited, most + 50ms) << count;
        most = std::min<Duration>(2 * most, WorkQueue::kLastRetry);
    }
    queue_.succeeded(task("a"));
    EXPECT_LE(wait(), WorkQueue::kFirstRetry + 50ms);
}

TEST_F(WorkQueueTest, AsksSeldomForWhatNeverComes) {
    const auto from = clock_.now();
    int looks = 0;
    while (clock_.now() - from < 24h) {
        queue_.retry(task("a"), std::nullopt, WorkQueue::kLastLook);
        while (take().empty()) {
            clock_.advance(10s);
        }
        ++looks;
    }
    EXPECT_LE(looks, 24 * 6 * 2 + 11) << "half of each wait is jitter";
    EXPECT_GE(looks, 24 * 6);
}

TEST_F(WorkQueueTest, AsksOftenForWhatIsUnderWayAndThenEverLater) {
    const auto wait = [&](Duration longest) {
        const auto from = clock_.now();
        queue_.retry(task("a"), std::nullopt, longest);
        while (take().empty()) {
            clock_.advance(100ms);
        }
        return clock_.now() - from;
    };
    for (int count = 0; count < 50; ++count) {
        EXPECT_LE(wait(WorkQueue::kLastLookSoon), WorkQueue::kLastLookSoon + 100ms);
    }
    EXPECT_LE(wait(WorkQueue::kLastLook), 2 * WorkQueue::kLastLookSoon) << "from there it doubles";
    EXPECT_GT(wait(WorkQueue::kLastLook), WorkQueue::kLastLookSoon);
}

TEST_F(WorkQueueTest, WaitsAsLongAsTheServerAskedForWithinReason) {
    queue_.retry(task("a"), 5s);
    clock_.advance(4s);
    EXPECT_EQ(take(), "");
    clock_.advance(1s);
    EXPECT_EQ(take(), "a");
    queue_.retry(task("a"), 3600s);
    clock_.advance(60s);
    EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, EndsTheWaitAtAStop) {
    std::jthread stopper([this] { stop_.request_stop(); });
    EXPECT_EQ(queue_.take(stop_.get_token()), std::nullopt);
}

}  // namespace
}  // namespace injector::operators
