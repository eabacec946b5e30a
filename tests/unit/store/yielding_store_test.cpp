#include "elector/store/yielding_store.h"

#include <gtest/gtest.h>

#include <chrono>

#include "elector/names.h"
#include "tests/support/memory_store.h"

namespace elector::store {
namespace {

using std::chrono::seconds;

class HandClock final : public runtime::Clock {
  public:
    Instant now() const override { return now_; }
    runtime::WallTime wall() const override { return {}; }
    void advance(election::Duration by) { now_ += by; }

  private:
    Instant now_{std::chrono::hours(1)};
};

class YieldingStoreTest : public testing::Test {
  protected:
    // The one that is there, as the elector reads it.
    Lease lease() { return store_.get(key_, limits()).value().value(); }
    bool isTaken() {
        LeaseRecord record = lease().record;
        record.holder = "web-1";
        record.session = "1/2";
        return store_.update(key_, lease(), record, limits()).ok();
    }
    bool isMade() {
        LeaseRecord record;
        record.holder = names::kVacantHolder;
        record.session = "1/2";
        return store_.create(key_, record, limits()).ok();
    }
    // Writes as somebody else does.
    void others(const LeaseRecord& record) {
        const auto found = others_.get(key_, limits()).value();
        ASSERT_TRUE((found ? others_.update(key_, *found, record, limits())
                           : others_.create(key_, record, limits()))
                        .ok());
    }
    static LeaseRecord held(const std::string& holder, seconds duration = seconds(15)) {
        LeaseRecord record;
        record.holder = holder;
        record.duration = duration;
        return record;
    }
    CallLimits limits() { return {clock_.now() + std::chrono::minutes(1), {}}; }

    HandClock clock_;
    const LeaseKey key_{"shop", "web"};
    std::shared_ptr<test::LeaseTable> table_ = std::make_shared<test::LeaseTable>();
    test::MemoryStore others_{clock_, table_};
    YieldingStore store_{std::make_unique<test::MemoryStore>(clock_, table_), clock_};
};

TEST_F(YieldingStoreTest, WritesOverWhatElectorsWrote) {
    EXPECT_TRUE(isMade());
    EXPECT_TRUE(isTaken());
    EXPECT_TRUE(isTaken());
}

TEST_F(YieldingStoreTest, WritesOverWhatOthersWroteOnceItStaysAsItIs) {
    for (const seconds duration : {seconds(15), seconds(90)}) {
        others(held("program", duration));
        EXPECT_FALSE(isTaken());
        const auto quiet = std::max(duration, YieldingStore::kQuiet);
        clock_.advance(quiet - seconds(1));
        EXPECT_FALSE(isTaken());
        others(held("another", duration));
        clock_.advance(seconds(1));
        EXPECT_FALSE(isTaken()) << "it was renewed";
        clock_.advance(quiet);
        EXPECT_TRUE(isTaken());
    }
}

TEST_F(YieldingStoreTest, DoesNotTakeWhatOthersReleased) {
    others(held("program"));
    EXPECT_FALSE(isTaken());
    clock_.advance(seconds(100));
    others(held("", seconds(1)));
    EXPECT_FALSE(isTaken());
}

TEST_F(YieldingStoreTest, LetsOthersMakeTheirLeaseAgain) {
    others(held("program"));
    EXPECT_FALSE(isTaken());
    table_->remove(key_);
    EXPECT_FALSE(isMade());
    clock_.advance(YieldingStore::kQuiet);
    EXPECT_TRUE(isMade());
}

}  // namespace
}  // namespace elector::store
