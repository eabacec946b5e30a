#include "elector/campaign/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "elector/campaign/pod_lock.h"
#include "elector/runtime/random.h"
#include "tests/support/memory_store.h"

namespace elector::campaign {
namespace {

using election::NoteKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::MemoryStore;
using test::StoreCall;
using test::StoreFault;

// Far beyond anything that is waited for here: reached only where a test fails.
constexpr seconds kPatience{30};

const election::LeaseKey kKey{"default", "web"};

// Real time, and a part that a test adds.
class MovableClock final : public runtime::Clock {
  public:
    runtime::Instant now() const override { return system_.now() + boot_.load(); }
    runtime::WallTime wall() const override {
        return system_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(wall_.load());
    }
    void moveBoot(runtime::Duration by) { boot_ = boot_.load() + by; }
    void moveWall(runtime::Duration by) { wall_ = wall_.load() + by; }

  private:
    runtime::SystemClock system_;
    std::atomic<runtime::Duration> boot_{runtime::Duration(0)};
    std::atomic<runtime::Duration> wall_{runtime::Duration(0)};
};

// Keeps what was told, and lets a test wait for it.
class Recorder final : public Listener {
  public:
    void onNote(const election::Note& note, const election::Standing& /*standing*/) override {
        std::unique_lock guard(mutex_);
        notes_.push_back(note);
        changed_.notify_all();
        changed_.wait(guard, [this] { return !blocked_; });
    }
    void onRequest(const std::string& /*operation*/, const election::ApiError* error,
                   election::Duration /*took*/) override {
        const std::lock_guard guard(mutex_);
        lastError_ = error == nullptr ? lastError_ : error->message;
    }
    void onWatchEnded(const election::ApiError& /*error*/) override {}

    bool waitFor(NoteKind kind, int times = 1) {
        std::unique_lock guard(mutex_);
        return changed_.wait_for(guard, kPatience, [&] { return count(kind) >= times; });
    }
    std::string lastError() {
        const std::lock_guard guard(mutex_);
        return lastError_;
    }
    void block(bool blocked) {
        const std::lock_guard guard(mutex_);
        blocked_ = blocked;
        changed_.notify_all();
    }

  private:
    int count(NoteKind kind) const {
        int count = 0;
        for (const election::Note& note : notes_) {
            count += note.kind == kind ? 1 : 0;
        }
        return count;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<election::Note> notes_;
    std::string lastError_;
    bool blocked_ = false;
};

// An elector without its server: announces "no" at once, unless a test holds it back.
struct Candidate {
    Candidate(const std::string& id, std::shared_ptr<test::LeaseTable> table,
              const std::string& podUid = "", PodLock* lock = nullptr,
              election::OnMissing onMissing = election::OnMissing::Create,
              const election::Timing& timing = {seconds(2), milliseconds(1500), milliseconds(300)})
        : store(clock, std::move(table)),
          campaign(kKey,
                   election::Settings{{id, podUid, podUid + "/" + runtime::randomHex(8)},
                                      timing,
                                      onMissing,
                                      election::OnShutdown::Release,
                                      election::Duration(0),
                                      7},
                   store, lock, clock, recorder, [this](std::function<void()> announced) {
                       const std::lock_guard guard(announcedMutex);
                       onAnnounce();
                       heldAnnouncement = std::move(announced);
                       if (!holdAnnouncement) {
                           heldAnnouncement();
                       }
                   }) {}

    bool finishes() { return campaign.stop().wait_for(kPatience) == std::future_status::ready; }

    MovableClock clock;
    MemoryStore store;
    Recorder recorder;
    std::mutex announcedMutex;
    std::function<void()> onAnnounce = [] {};
    std::function<void()> heldAnnouncement;
    std::atomic<bool> holdAnnouncement = false;
    Campaign campaign;
};

bool eventually(const std::function<bool()>& condition) {
    const runtime::SystemClock clock;
    const auto deadline = clock.now() + kPatience;
    runtime::Wake pause;
    while (!condition()) {
        if (clock.now() > deadline) {
            return false;
        }
        pause.waitUntil(clock.now() + milliseconds(2));
    }
    return true;
}

TEST(CampaignTest, LeadsAndSaysSoWithATokenThatExpires) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    EXPECT_TRUE(a.campaign.notReady());
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    const auto answer = a.campaign.answer();
    EXPECT_EQ(answer.leader, "a");
    EXPECT_TRUE(answer.isLeader);
    EXPECT_NE(answer.fencingToken, "");
    EXPECT_GT(answer.validFor, milliseconds(0));
    EXPECT_LE(answer.validFor, milliseconds(1500));
    EXPECT_EQ(a.campaign.notReady(), std::nullopt);
    EXPECT_EQ(a.campaign.notLive(), std::nullopt);
}

TEST(CampaignTest, ASecondCandidateNamesTheFirstAndFollowsItsRelease) {
    const auto table = std::make_shared<test::LeaseTable>();
    Candidate a("a", table);
    Candidate b("b", table);
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    const auto token = election::Revision::parse(a.campaign.answer().fencingToken);
    b.campaign.start();
    ASSERT_TRUE(eventually([&] { return b.campaign.answer().leader == "a"; }));
    EXPECT_FALSE(b.campaign.answer().isLeader);
    EXPECT_EQ(b.campaign.answer().fencingToken, "");
    EXPECT_EQ(b.campaign.notReady(), std::nullopt);

    ASSERT_TRUE(a.finishes());
    ASSERT_TRUE(b.recorder.waitFor(NoteKind::TermBegan));
    EXPECT_FALSE(a.campaign.answer().isLeader);
    EXPECT_GT(election::Revision::parse(b.campaign.answer().fencingToken), token);
}

TEST(CampaignTest, ReleasesOnlyAfterEveryYesIsOut) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.holdAnnouncement = true;
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    const auto finished = a.campaign.stop();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermEnded));
    EXPECT_FALSE(a.campaign.answer().isLeader);

    // It renews on meanwhile, which shows that it is not the release that is slow.
    const int updates = a.store.calls(StoreCall::Update);
    ASSERT_TRUE(eventually([&] { return a.store.calls(StoreCall::Update) > updates; }) ||
                finished.wait_for(seconds(0)) != std::future_status::ready);
    EXPECT_NE(finished.wait_for(seconds(0)), std::future_status::ready);

    {
        const std::lock_guard guard(a.announcedMutex);
        a.heldAnnouncement();
    }
    ASSERT_EQ(finished.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(a.recorder.waitFor(NoteKind::Released));
}

TEST(CampaignTest, ItsFeedTellsTheNoBeforeItIsAnnounced) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    const Feed& feed = a.campaign.feed();
    a.campaign.start();
    ASSERT_TRUE(eventually([&] { return feed.after(1) && feed.after(1)->term; }));
    const std::uint64_t yes = feed.after(1)->seq;

    // As an observer in the loop that answers does: what it reads when it is woken.
    std::atomic<bool> told = false;
    std::atomic<bool> toldInTime = false;
    const auto subscription = a.campaign.feed().subscribe([&] {
        const auto next = feed.after(yes);
        told = told || (next && next->reason == election::Reason::Draining);
    });
    a.onAnnounce = [&] { toldInTime = told.load(); };
    ASSERT_TRUE(a.finishes());
    EXPECT_TRUE(toldInTime);
}

TEST(CampaignTest, ItsFeedTellsAnExpiryThatNobodyAskedAbout) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    const Feed& feed = a.campaign.feed();
    a.campaign.start();
    ASSERT_TRUE(eventually([&] { return feed.after(1) && feed.after(1)->term; }));
    const auto yes = *feed.after(1);
    a.store.onCall([](StoreCall) { return StoreFault{std::nullopt, false, true}; });
    ASSERT_TRUE(eventually([&] {
        const auto next = feed.after(yes.seq);
        return next && next->reason == election::Reason::Expired;
    }));
    // Whoever has kept the "yes" until now, finds by its clock that it holds no more.
    EXPECT_FALSE(answerAt(yes, "a", a.clock.moment()).isLeader);
}

TEST(CampaignTest, WhoeverStepsDownLeavesTheLeaseToAnotherAndLeadsAgainAfterIt) {
    const auto table = std::make_shared<test::LeaseTable>();
    Candidate a("a", table);
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    Candidate b("b", table);
    b.campaign.start();
    a.campaign.stepDown({milliseconds(500)});
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::Released));
    ASSERT_TRUE(b.recorder.waitFor(NoteKind::TermBegan));
    ASSERT_TRUE(eventually([&] { return a.campaign.answer().leader == "b"; }));
    EXPECT_EQ(a.campaign.notReady(), std::nullopt);
    ASSERT_TRUE(b.finishes());
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan, 2));
    ASSERT_TRUE(a.finishes());
}

TEST(CampaignTest, AnAnswerExpiresThoughEveryRequestHangs) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    a.store.onCall([](StoreCall) { return StoreFault{std::nullopt, false, true}; });
    a.clock.moveBoot(seconds(2));
    EXPECT_FALSE(a.campaign.answer().isLeader) << "at once, without any thread having run";
}

TEST(CampaignTest, AnAttemptThatTimesOutNamesItsLimitAndTheFlagThatSetsIt) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.store.onCall(
        [](StoreCall call) { return StoreFault{std::nullopt, false, call == StoreCall::Create}; });
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::RequestFailed));
    EXPECT_THAT(a.recorder.lastError(),
                testing::MatchesRegex(".* \\(the limit was .*, by --lease-renew-duration=1.5s\\)"));
}

TEST(CampaignTest, AWallClockThatAdvancesPastTheDeadlineEndsTheTermForGood) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    const std::string token = a.campaign.answer().fencingToken;
    a.clock.moveWall(seconds(3600));
    EXPECT_FALSE(a.campaign.answer().isLeader);
    a.clock.moveWall(-seconds(3600));
    const auto answer = a.campaign.answer();
    EXPECT_TRUE(!answer.isLeader || answer.fencingToken != token) << "revived";
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan, 2)) << "leads again, in a new term";
    EXPECT_NE(a.campaign.answer().fencingToken, token);
}

TEST(CampaignTest, ANoThatAnAnswerHasFoundIsActedOnAtOnce) {
    // Nothing else wakes the election for as long as the test is patient.
    const election::Timing slow{seconds(3600), seconds(3000), seconds(1400)};
    Candidate a("a", std::make_shared<test::LeaseTable>(), "", nullptr, election::OnMissing::Create,
                slow);
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    a.clock.moveWall(seconds(3600));
    EXPECT_FALSE(a.campaign.answer().isLeader);
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermEnded));
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan, 2)) << "and campaigns again at once";
}

TEST(CampaignTest, IsNotReadyWhileWritesAreRefusedAndSaysWhy) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.store.onCall([](StoreCall call) {
        if (call != StoreCall::Create && call != StoreCall::Update) {
            return StoreFault{std::nullopt, false, false};
        }
        election::ApiError error;
        error.kind = election::ErrorKind::Refused;
        error.message = "leases need a label";
        return StoreFault{error, false, false};
    });
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::RequestFailed));
    EXPECT_THAT(a.campaign.notReady().value_or(""), testing::HasSubstr("leases need a label"));
    EXPECT_EQ(a.campaign.answer().trouble, "leases need a label");

    a.store.onCall({});
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    EXPECT_EQ(a.campaign.notReady(), std::nullopt);
    EXPECT_EQ(a.campaign.answer().trouble, "");
}

TEST(CampaignTest, IsNotReadyWhileTheStoreRefusesIt) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.store.onCall([](StoreCall) {
        election::ApiError error;
        error.kind = election::ErrorKind::Forbidden;
        error.message = "may not get leases \"web\"";
        return StoreFault{error, false, false};
    });
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::RequestFailed));
    ASSERT_TRUE(a.campaign.notReady());
    EXPECT_THAT(*a.campaign.notReady(), testing::HasSubstr("may not get leases"));
    EXPECT_EQ(a.campaign.notLive(), std::nullopt) << "no reason to restart";

    a.store.onCall({});
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::TermBegan));
    EXPECT_EQ(a.campaign.notReady(), std::nullopt);
}

TEST(CampaignTest, AWedgedElectionIsNotLiveButAStoppedProcessGetsAGrace) {
    Candidate a("a", std::make_shared<test::LeaseTable>());
    a.recorder.block(true);
    a.campaign.start();
    ASSERT_TRUE(a.recorder.waitFor(NoteKind::LeaseMissing)) << "and never returns from it";
    EXPECT_EQ(a.campaign.notLive(), std::nullopt);
    a.clock.moveBoot(seconds(15));
    EXPECT_EQ(a.campaign.notLive(), std::nullopt) << "the process may just have been continued";
    a.clock.moveBoot(seconds(3));
    ASSERT_TRUE(a.campaign.notLive());
    EXPECT_THAT(*a.campaign.notLive(), testing::HasSubstr("default/web"));
    a.recorder.block(false);
    EXPECT_TRUE(eventually([&] { return !a.campaign.notLive(); }));
}

TEST(CampaignTest, ASecondElectorOfThePodWaitsForTheFirstToEnd) {
    const auto table = std::make_shared<test::LeaseTable>();
    const std::string podUid = "pod-" + runtime::randomHex(8);
    PodLock first(kKey, podUid);
    PodLock second(kKey, podUid);
    auto a = std::make_unique<Candidate>("web-0", table, podUid, &first);
    a->campaign.start();
    ASSERT_TRUE(a->recorder.waitFor(NoteKind::TermBegan));

    Candidate b("web-0", table, podUid, &second);
    b.campaign.start();
    ASSERT_TRUE(b.recorder.waitFor(NoteKind::PodLocked));
    EXPECT_THAT(b.campaign.notReady().value_or(""), testing::HasSubstr("another elector"));
    EXPECT_FALSE(b.campaign.answer().isLeader);
    a.reset();
    EXPECT_FALSE(b.campaign.answer().isLeader) << "the socket is still held";
}

TEST(CampaignTest, EndsWhileItWaitsForThePodLock) {
    const std::string podUid = "pod-" + runtime::randomHex(8);
    PodLock first(kKey, podUid);
    ASSERT_TRUE(first.tryAcquire());
    PodLock second(kKey, podUid);
    Candidate b("web-0", std::make_shared<test::LeaseTable>(), podUid, &second);
    b.campaign.start();
    ASSERT_TRUE(b.recorder.waitFor(NoteKind::PodLocked));
    EXPECT_TRUE(b.finishes());
}

TEST(PodLockTest, IsHeldOnceAndFreedWithItsHolder) {
    const std::string podUid = runtime::randomHex(8);
    PodLock second(kKey, podUid);
    {
        PodLock first(kKey, podUid);
        EXPECT_TRUE(first.tryAcquire());
        EXPECT_TRUE(first.tryAcquire());
        EXPECT_FALSE(second.tryAcquire());
        PodLock other({"default", "db"}, podUid);
        EXPECT_TRUE(other.tryAcquire()) << "another Lease is another lock";
    }
    EXPECT_TRUE(second.tryAcquire());
}

TEST(PodLockTest, FailsWhereItIsMadeIfNoDescriptorsAreLeft) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_THROW(PodLock(kKey, "pod"), std::system_error);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(PodLockTest, TakesANameThatIsTooLongForASocket) {
    const election::LeaseKey key{std::string(63, 'n'), std::string(253, 'l')};
    const std::string podUid = runtime::randomHex(18);
    PodLock first(key, podUid);
    PodLock second(key, podUid);
    EXPECT_TRUE(first.tryAcquire());
    EXPECT_FALSE(second.tryAcquire());
}

}  // namespace
}  // namespace elector::campaign
