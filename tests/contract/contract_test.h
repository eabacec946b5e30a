#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "elector/runtime/clock.h"
#include "elector/runtime/random.h"
#include "tests/contract/backend.h"
#include "tests/support/time_text.h"

namespace elector::test {

// What every test of the contract starts from: a fresh backend, a client, and a Lease that nobody
// else uses.
class ContractTest : public testing::TestWithParam<BackendKind> {
  protected:
    void TearDown() override { backend_->remove(key_); }

    store::CallLimits soon() const { return {clock_.now() + std::chrono::seconds(20), {}}; }

    // A record that somebody holds, by the number of the write.
    static election::LeaseRecord heldBy(const std::string& holder, std::int64_t transitions = 0) {
        election::LeaseRecord record;
        record.holder = holder;
        record.session = "uid/nonce-of-" + holder;
        record.duration = std::chrono::seconds(10);
        record.acquireTime = wallTime("2026-01-02T03:04:05.000006Z");
        record.renewTime =
            wallTime("2026-01-02T03:04:06.000000Z") + std::chrono::seconds(transitions);
        record.transitions = transitions;
        return record;
    }

    election::Lease created(const election::LeaseRecord& record = heldBy("web-0")) {
        auto written = client_->create(key_, record, soon());
        EXPECT_TRUE(written.ok()) << (written ? "" : written.error().message);
        return std::move(written).value().lease;
    }
    election::Lease updated(const election::Lease& base, const election::LeaseRecord& record) {
        auto written = client_->update(key_, base, record, soon());
        EXPECT_TRUE(written.ok()) << (written ? "" : written.error().message);
        return std::move(written).value().lease;
    }
    std::optional<election::Lease> got() {
        auto found = client_->get(key_, soon());
        EXPECT_TRUE(found.ok()) << (found ? "" : found.error().message);
        return std::move(found).value();
    }

    runtime::SystemClock clock_;
    std::unique_ptr<Backend> backend_ = GetParam().make();
    std::unique_ptr<store::LeaseStore> client_ = backend_->client();
    election::LeaseKey key_{"default", "contract-" + runtime::randomHex(6)};
};

inline std::string nameOf(const testing::TestParamInfo<BackendKind>& info) {
    return info.param.name;
}

}  // namespace elector::test
