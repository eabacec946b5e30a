#include "injector/operator/lease_sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "elector/runtime/time_text.h"
#include "tests/support/captured_log.h"
#include "tests/unit/kubernetes/scripted_server.h"

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

TEST(LeaseSweepTest, SeesABoundedNumberOfANamespaceAndAllOfOthers) {
    std::string items;
    const auto add = [&](const std::string& space, std::size_t count) {
        for (std::size_t number = 0; number < count; ++number) {
            items += fmt::format(R"({}{{"metadata":{{"namespace":"{}","name":"l{}"}}}})",
                                 items.empty() ? "" : ",", space, number);
        }
    };
    add("crowded", 2 * LeaseSweep::kMostOfSpace);
    add("shop", 3);
    elector::kubernetes::ScriptedServer server({[&](elector::kubernetes::ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(elector::kubernetes::answerOf(
            200, fmt::format(R"({{"metadata":{{"resourceVersion":"5"}},"items":[{}]}})", items)));
        peer.awaitClose();
    }});
    elector::kubernetes::Access access;
    access.server = server.endpoint();
    const elector::runtime::SystemClock clock;
    const test::CapturedLog captured(clock);
    Api calls(access, clock, {});
    LeadingApi api(calls, [] { return true; });
    elector::http::Metrics metrics;
    Announcer announcer(api, clock, captured.log(), metrics.counter("events", "Posted.", {}));
    LeaseSweep sweep({api, announcer, clock, captured.log()}, std::chrono::hours(1));
    const auto found = sweep.list();
    ASSERT_TRUE(found) << found.error().message;
    const auto countOf = [&](const std::string& space) {
        return static_cast<std::size_t>(
            std::ranges::count(found.value(), space, &ObjectKey::space));
    };
    EXPECT_EQ(countOf("crowded"), LeaseSweep::kMostOfSpace);
    EXPECT_EQ(countOf("shop"), 3U);
}

}  // namespace
}  // namespace injector::operators
