#include "injector/operator/lease_sweep.h"

#include <gtest/gtest.h>

#include "elector/runtime/time_text.h"

namespace injector::operators {
namespace {

std::string lease(const std::string& spec) {
    return R"({"metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"5",)"
           R"("creationTimestamp":"2026-01-01T00:00:00Z"},"spec":)" +
           spec + "}";
}

TEST(LeaseSweepTest, SeesUntilWhenALeaseIsHeld) {
    struct Case {
        const char* spec;
        const char* until;
    };
    for (const auto& [spec, until] : std::initializer_list<Case>{
             {R"({"renewTime":"2026-02-01T00:00:00.000000Z","leaseDurationSeconds":10})",
              "2026-02-01T00:00:10Z"},
             {R"({"renewTime":"2026-02-01T00:00:00.000000Z"})", "2026-02-01T00:00:00Z"},
             {R"({"renewTime":"2026-02-01T00:00:00.000000Z","leaseDurationSeconds":2000000000})",
              "2026-02-01T01:00:00Z"},
             {R"({"holderIdentity":"x","leaseDurationSeconds":10})", "2026-01-01T00:00:00Z"},
             {"{}", "2026-01-01T00:00:00Z"}}) {
        EXPECT_EQ(heldUntil(lease(spec)), elector::runtime::parseRfc3339(until)) << spec;
    }
    EXPECT_EQ(heldUntil("{}"), std::nullopt);
}

}  // namespace
}  // namespace injector::operators
