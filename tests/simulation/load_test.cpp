// Every loop against the API is bounded, whatever it answers for ever: requests in a retry period.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/simulation/population.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {
namespace {

using election::ApiError;
using election::ErrorKind;
using election::Event;
using election::Intent;
using std::chrono::seconds;

constexpr seconds kPeriod{2};

Schedule threeWithDefaults() {
    Schedule schedule;
    for (const char* id : {"web-0", "web-1", "web-2"}) {
        Place place;
        place.id = id;
        place.timing = {seconds(10), seconds(5), kPeriod};
        place.clockRate = 1'000'000;
        place.bootAtStart = seconds(100);
        schedule.places.push_back(place);
    }
    schedule.longestLease = seconds(10);
    schedule.shortestDeadline = seconds(5);
    return schedule;
}

// What one process asks for in a retry period: the most in any, and in any after the first minute.
struct Load {
    int most = 0;
    int later = 0;
};

// Three candidates and an API that answers as it is told to, for ever.
class Group {
  public:
    Group() : population_(world_, schedule_) {
        network_.answerInstead([this](const Call& call) { return answerTo(call); });
        network_.onLanded([this](const Call& call, const election::Landed& landed) {
            judge_.landed(call, landed);
            if (afterLanding_) {
                queue_.after(Duration(1), [this] { afterLanding_(api_); });
            }
        });
        for (const auto& seat : population_.seats()) {
            population_.start(*seat);
        }
    }

    using Answer = std::function<std::optional<std::optional<Event>>(const Call&)>;
    void answer(Answer answer) { answer_ = std::move(answer); }
    void afterLanding(std::function<void(ApiModel&)> act) { afterLanding_ = std::move(act); }
    void endWatchesBy(ErrorKind kind) {
        for (const auto& seat : population_.seats()) {
            seat->process->endEachWatchBy(kind);
            seat->process->breakWatch();
        }
    }

    void run(Duration howLong) {
        const Duration until = queue_.now() + howLong;
        while (queue_.runNext(until)) {
        }
    }
    bool somebodyLeads() const { return judge_.leaderAt(queue_.now()).has_value(); }

    Load loadOver(Duration howLong) {
        Load load;
        for (Duration passed{0}; passed < howLong; passed += kPeriod) {
            counts_.clear();
            run(kPeriod);
            for (const auto& [process, count] : counts_) {
                load.most = std::max(load.most, count);
                load.later =
                    passed < std::chrono::minutes(1) ? load.later : std::max(load.later, count);
            }
        }
        return load;
    }

  private:
    std::optional<std::optional<Event>> answerTo(const Call& call) {
        // After a list comes the request for the watch.
        counts_[call.process] += call.kind == Call::Kind::List ? 2 : 1;
        return answer_ ? answer_(call) : std::nullopt;
    }

    const Schedule schedule_ = threeWithDefaults();
    EventQueue queue_;
    Random random_{7};
    ApiModel api_{1, random_};
    Network network_{queue_, api_, random_, seconds(1)};
    WatchServer watches_{queue_, api_, network_, random_};
    Tally tally_;
    Judge judge_{tally_};
    History history_{false};
    World world_{queue_, network_, watches_, judge_, tally_, history_, random_};
    Population population_;
    Answer answer_;
    std::function<void(ApiModel&)> afterLanding_;
    std::map<int, int> counts_;
};

enum class Where { Writes, Reads, Everything };

struct Case {
    std::string name;
    std::function<void(Group&)> besiege;
    int most;   // requests of one process in a retry period
    int later;  // after the first minute
};

Group::Answer always(Where where, ApiError error) {
    return [where, error](const Call& call) -> std::optional<std::optional<Event>> {
        const bool write = call.kind == Call::Kind::Write;
        const bool hit = where == Where::Everything || (where == Where::Writes) == write;
        return hit ? std::optional(std::optional(failureOf(call.kind, error))) : std::nullopt;
    };
}

ApiError waitingFor(seconds time) {
    ApiError error = errorOf(ErrorKind::Throttled);
    error.retryAfter = time;
    return error;
}

constexpr ErrorKind kKinds[] = {
    ErrorKind::Conflict, ErrorKind::Invalid,   ErrorKind::NotFound,     ErrorKind::Gone,
    ErrorKind::Refused,  ErrorKind::Forbidden, ErrorKind::Unauthorized, ErrorKind::Throttled,
    ErrorKind::Server,   ErrorKind::TimedOut,  ErrorKind::Unreachable,  ErrorKind::Malformed};

// A wait doubles from at least a sixteenth of P; so five fit into the first period, and two into
// each later one, whose waits are at least half a period. A write that certainly was not applied is
// tried ever less often, up to once in L, by whoever has nothing to lose. A Lease that is deleted
// each time takes up to four requests: a creation, a write that finds nothing, and reads.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const ErrorKind kind : kKinds) {
        const bool refused = certainlyNotApplied(kind) && kind != ErrorKind::Throttled;
        all.push_back({fmt::format("every write: {}", toString(kind)),
                       [kind](Group& group) { group.answer(always(Where::Writes, errorOf(kind))); },
                       10, refused ? 2 : 4});
        all.push_back({fmt::format("every read and list: {}", toString(kind)),
                       [kind](Group& group) { group.answer(always(Where::Reads, errorOf(kind))); },
                       15, 6});
        all.push_back(
            {fmt::format("every request: {}", toString(kind)),
             [kind](Group& group) { group.answer(always(Where::Everything, errorOf(kind))); }, 15,
             6});
        all.push_back({fmt::format("every watch ends at once: {}", toString(kind)),
                       [kind](Group& group) { group.endWatchesBy(kind); }, 12, 6});
    }
    all.push_back(
        {"every request: throttled, Retry-After 30",
         [](Group& group) { group.answer(always(Where::Everything, waitingFor(seconds(30)))); }, 10,
         3});
    all.push_back({"no request is answered",
                   [](Group& group) {
                       group.answer(
                           [](const Call&) { return std::optional(std::optional<Event>()); });
                   },
                   8, 6});
    all.push_back({"no watch is answered",
                   [](Group& group) {
                       group.answer([](const Call& call) -> std::optional<std::optional<Event>> {
                           if (call.kind != Call::Kind::List) {
                               return std::nullopt;
                           }
                           return std::optional<Event>();
                       });
                       group.endWatchesBy(ErrorKind::Gone);
                   },
                   8, 6});
    all.push_back({"every write: 200, and nothing has changed",
                   [](Group& group) {
                       group.answer([](const Call& call) -> std::optional<std::optional<Event>> {
                           if (!call.write || !call.write->base) {
                               return std::nullopt;
                           }
                           return Event(
                               election::WriteAnswered{election::Landed{*call.write->base, false}});
                       });
                   },
                   10, 2});
    all.push_back({"every update: 201",
                   [](Group& group) {
                       group.answer([](const Call& call) -> std::optional<std::optional<Event>> {
                           if (!call.write || !call.write->base) {
                               return std::nullopt;
                           }
                           election::Lease lease = *call.write->base;
                           lease.record = call.write->record;
                           return Event(election::WriteAnswered{election::Landed{lease, true}});
                       });
                   },
                   10, 3});
    all.push_back({"the Lease is deleted after each write",
                   [](Group& group) { group.afterLanding([](ApiModel& api) { api.remove(); }); },
                   20, 8});
    all.push_back(
        {"somebody edits the Lease after each write",
         [](Group& group) { group.afterLanding([](ApiModel& api) { api.editMetadata(); }); }, 14,
         6});
    return all;
}

class LoadTest : public ::testing::TestWithParam<Case> {};

TEST_P(LoadTest, RequestsInARetryPeriodAreBounded) {
    const Case& each = GetParam();
    Load load;
    for (const bool sinceTheStart : {true, false}) {
        Group group;
        if (!sinceTheStart) {
            group.run(seconds(30));
            ASSERT_TRUE(group.somebodyLeads());
        }
        each.besiege(group);
        const Load one = group.loadOver(std::chrono::minutes(3));
        load.most = std::max(load.most, one.most);
        load.later = std::max(load.later, one.later);
    }
    fmt::print("| {} | {} | {} |\n", each.name, load.most, load.later);
    EXPECT_LE(load.most, each.most);
    EXPECT_LE(load.later, each.later);
}

std::string nameOf(const ::testing::TestParamInfo<Case>& each) {
    std::string name = each.param.name;
    std::ranges::replace_if(
        name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, LoadTest, ::testing::ValuesIn(cases()), nameOf);

// L2: whatever it was, once it is over somebody leads.
TEST(AfterTheLoadTest, AfterAnyPersistentAnswerSomebodyLeadsWithinTwoLeases) {
    for (const Case& each : cases()) {
        Group group;
        group.answer(
            [](const Call&) -> std::optional<std::optional<Event>> { return std::nullopt; });
        each.besiege(group);
        group.run(std::chrono::minutes(3));
        group.answer({});
        group.afterLanding({});
        group.run(seconds(25));
        EXPECT_TRUE(group.somebodyLeads()) << each.name;
    }
}

}  // namespace
}  // namespace elector::simulation
