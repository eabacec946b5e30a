#include "elector/fresh_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "elector/runtime/clock.h"
#include "tests/support/memory_store.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using election::LeaseKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::MemoryStore;
using test::StoreCall;
using test::StoreFault;

class FreshReadsTest : public testing::Test {
  protected:
    using Answer = std::future<FreshReads::Reading>;

    FreshReadsTest() {
        auto store = std::make_unique<MemoryStore>(clock_);
        store_ = store.get();
        EXPECT_TRUE(store_->create(key_, {}, {clock_.now() + seconds(1), {}}).ok());
        reads_ = std::make_unique<FreshReads>(std::move(store), key_, clock_);
    }

    Answer ask() {
        auto answer = std::make_shared<std::promise<FreshReads::Reading>>();
        reads_->ask([answer](const FreshReads::Reading& reading) { answer->set_value(reading); });
        return answer->get_future();
    }

    const runtime::SystemClock clock_;
    const LeaseKey key_{"default", "web"};
    MemoryStore* store_ = nullptr;
    std::unique_ptr<FreshReads> reads_;
};

TEST_F(FreshReadsTest, ReadsWhatTheLeaseIsNow) {
    const auto first = ask().get();
    ASSERT_TRUE(first.ok() && first.value());
    store_->table().remove(key_);
    const auto second = ask().get();
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second.value());
    EXPECT_EQ(store_->calls(StoreCall::Get), 2);
}

TEST_F(FreshReadsTest, WhoAsksWhileOneIsUnderWayGetsTheNextAndSharesIt) {
    std::promise<void> begun;
    std::promise<void> goOn;
    bool isFirst = true;
    store_->onCall([&](StoreCall) {
        if (std::exchange(isFirst, false)) {
            begun.set_value();
            goOn.get_future().wait();
        }
        return StoreFault{};
    });
    Answer early = ask();
    begun.get_future().wait();
    std::vector<Answer> late(100);
    std::ranges::generate(late, [this] { return ask(); });
    goOn.set_value();
    EXPECT_TRUE(early.get().ok());
    for (Answer& one : late) {
        EXPECT_TRUE(one.get().ok());
    }
    EXPECT_EQ(store_->calls(StoreCall::Get), 2);
}

TEST_F(FreshReadsTest, SendsTenInASecondAtMost) {
    const auto began = clock_.now();
    constexpr int kReads = 6;
    for (int i = 0; i < kReads; ++i) {
        EXPECT_TRUE(ask().get().ok());
    }
    EXPECT_GE(clock_.now() - began, (kReads - 1) * milliseconds(100));
}

TEST_F(FreshReadsTest, AReadThatHangsEndsAfterASecond) {
    store_->onCall(
        [](StoreCall) { return StoreFault{.error = {}, .applied = false, .hangs = true}; });
    const auto began = clock_.now();
    const auto reading = ask().get();
    ASSERT_FALSE(reading.ok());
    EXPECT_EQ(reading.error().kind, election::ErrorKind::TimedOut);
    EXPECT_GE(clock_.now() - began, seconds(1));
}

// In a time that stands still, so that nothing but its end can end the read.
TEST(FreshReadsEndTest, ItsEndEndsAReadThatHangs) {
    const http::HandClock clock;
    auto store = std::make_unique<MemoryStore>(clock);
    std::promise<void> begun;
    store->onCall([&](StoreCall) {
        begun.set_value();
        return StoreFault{.error = {}, .applied = false, .hangs = true};
    });
    std::optional<FreshReads> reads(std::in_place, std::move(store), LeaseKey{"default", "web"},
                                    clock);
    reads->ask([](const FreshReads::Reading&) {});
    begun.get_future().wait();
    reads.reset();
}

}  // namespace
}  // namespace elector
