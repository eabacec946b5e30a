#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/contract/contract_test.h"

// What a LeaseStore promises of calls that nobody answers.
namespace elector::test {
namespace {

using election::ErrorKind;

class StallContract : public ContractTest {
  protected:
    void TearDown() override {
        backend_->stall(false);
        ContractTest::TearDown();
    }
};

INSTANTIATE_TEST_SUITE_P(Stores, StallContract, testing::ValuesIn(ownBackends()), nameOf);

TEST_P(StallContract, AnUpdateEndsAtItsDeadline) {
    const auto lease = created();
    backend_->stall(true);
    const auto deadline = clock_.now() + std::chrono::milliseconds(300);
    const auto written = client_->update(key_, lease, heldBy("web-0", 1), {deadline, {}});
    EXPECT_GE(clock_.now(), deadline);
    EXPECT_LT(clock_.now(), deadline + std::chrono::seconds(5));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
}

TEST_P(StallContract, ACreationEndsAtItsDeadline) {
    backend_->stall(true);
    const auto deadline = clock_.now() + std::chrono::milliseconds(300);
    const auto written = client_->create(key_, heldBy("web-0"), {deadline, {}});
    EXPECT_GE(clock_.now(), deadline);
    EXPECT_LT(clock_.now(), deadline + std::chrono::seconds(5));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
}

TEST_P(StallContract, AStopEndsAWriteAtOnce) {
    const auto lease = created();
    backend_->stall(true);
    std::stop_source stop;
    const store::CallLimits limits{clock_.now() + std::chrono::seconds(60), stop.get_token()};
    auto writing = std::async(std::launch::async, [&] {
        return client_->update(key_, lease, heldBy("web-0", 1), limits);
    });
    // Long enough for it to have begun, on most machines; where not, the stop comes before.
    EXPECT_EQ(writing.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
    stop.request_stop();
    ASSERT_EQ(writing.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    const auto written = writing.get();
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
}

TEST_P(StallContract, GoesOnWhenTheStallIsOver) {
    created();
    backend_->stall(true);
    const auto found = client_->get(key_, {clock_.now() + std::chrono::milliseconds(100), {}});
    backend_->stall(false);
    updated(*got(), heldBy("web-0", 1));
    EXPECT_EQ(got()->record.transitions, 1);
}

}  // namespace
}  // namespace elector::test
