#include "injector/certificates/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/unit/injector/certificates/fake_objects.h"

namespace injector::certificates {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class KeeperTest : public testing::Test {
  protected:
    Certificate leaf() const {
        return Certificate::readAll(objects_.data("hook-tls").at("tls.crt")).at(0);
    }
    std::vector<Certificate> bundle() const { return Certificate::readAll(objects_.bundle()); }
    bool isCovered() const {
        const auto authorities = bundle();
        return std::ranges::any_of(authorities, [this](const Certificate& authority) {
            return leaf().isSignedBy(authority);
        });
    }

    AheadClock clock_;
    test::CapturedLog captured_{clock_};
    FakeObjects objects_{clock_, captured_.log()};
    std::stop_source stop_;
    cluster::Api api_{objects_.access(), clock_, stop_.get_token()};
    const Places places_{"system", "hook-ca", "hook-tls", "hook", "hook"};
    Keeper keeper_{places_, Lifetimes{}, api_, clock_, captured_.log()};
};

TEST_F(KeeperTest, FillsWhatIsEmptyAndComesBackInHalfAMinute) {
    EXPECT_EQ(keeper_.keep(), Keeper::kCheckPeriod);
    EXPECT_EQ(keeper_.trouble(), "");
    EXPECT_TRUE(isCovered());
    EXPECT_THAT(leaf().dnsNames(), ElementsAre("hook.system.svc", "hook.system"));
    EXPECT_TRUE(leaf().hasKey(objects_.data("hook-tls").at("tls.key")));
    EXPECT_EQ(keeper_.leafExpiry(), leaf().notAfter());
    EXPECT_THAT(bundle(), SizeIs(1));
    EXPECT_EQ(keeper_.authorityExpiry(), bundle()[0].notAfter());
    const auto writes = objects_.writes().size();
    EXPECT_EQ(keeper_.keep(), Keeper::kCheckPeriod);
    EXPECT_THAT(objects_.writes(), SizeIs(writes));
}

TEST_F(KeeperTest, EachWriteNamesWhatItWasBasedOnAndWhoWrites) {
    keeper_.keep();
    const auto writes = objects_.writes();
    ASSERT_THAT(writes, SizeIs(3));
    EXPECT_THAT(writes,
                Each(AllOf(HasSubstr("fieldManager=leader-elector-injector"),
                           HasSubstr(R"("resourceVersion":"1")"), HasSubstr(R"("uid":"uid-of-)"))));
    EXPECT_THAT(writes[1], AllOf(HasSubstr("force=true"),
                                 HasSubstr(R"("webhooks":[{"name":"inject.leader-elector.io",)"
                                           R"("clientConfig":{"caBundle":")")));
}

TEST_F(KeeperTest, LeavesOtherKeysOfASecretAlone) {
    objects_.setData("hook-ca", {{"note", "mine"}});
    keeper_.keep();
    EXPECT_EQ(objects_.data("hook-ca").at("note"), "mine");
    EXPECT_THAT(objects_.data("hook-ca"), Not(Contains(Key("previous.crt"))));
}

TEST_F(KeeperTest, ReplacesAnAuthorityWithBothTrustedUntilTheGraceIsOver) {
    keeper_.keep();
    const Certificate first = leaf();
    objects_.setData("hook-ca", {});
    EXPECT_EQ(keeper_.keep(), Keeper::kCheckPeriod);
    EXPECT_THAT(bundle(), SizeIs(2));
    EXPECT_EQ(leaf(), first);
    EXPECT_TRUE(isCovered());

    clock_.ahead = Lifetimes{}.settle + std::chrono::seconds(1);
    keeper_.keep();
    EXPECT_NE(leaf(), first);
    EXPECT_TRUE(isCovered());
    EXPECT_THAT(bundle(), SizeIs(2));

    clock_.ahead = clock_.ahead.load() + Lifetimes{}.grace();
    keeper_.keep();
    EXPECT_THAT(bundle(), SizeIs(1));
    EXPECT_TRUE(isCovered());
    EXPECT_THAT(objects_.data("hook-ca"), Not(Contains(Key("previous.crt"))));
}

TEST_F(KeeperTest, AKeeperElectedMeanwhileGoesOnAndSettlesAnew) {
    keeper_.keep();
    const Certificate first = leaf();
    objects_.setData("hook-ca", {});
    keeper_.keep();
    clock_.ahead = Lifetimes{}.settle + std::chrono::seconds(1);
    Keeper second(places_, Lifetimes{}, api_, clock_, captured_.log());
    second.keep();
    EXPECT_EQ(leaf(), first);
    clock_.ahead = 2 * Lifetimes{}.settle + std::chrono::seconds(1);
    second.keep();
    EXPECT_NE(leaf(), first);
    EXPECT_TRUE(isCovered());
}

TEST_F(KeeperTest, WritesNothingOverWhatAnotherWroteMeanwhile) {
    const KeyPair theirs = mintAuthority(clock_.wall(), std::chrono::hours(24 * 365));
    objects_.beforeWrite([&](const std::string& path) {
        objects_.beforeWrite({});
        ASSERT_THAT(path, HasSubstr("hook-ca"));
        objects_.setData("hook-ca", {{"ca.crt", theirs.certificate}, {"ca.key", theirs.key}});
    });
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_EQ(objects_.data("hook-ca").at("ca.crt"), theirs.certificate);
    EXPECT_EQ(keeper_.keep(), Keeper::kCheckPeriod);
    EXPECT_EQ(objects_.bundle(), theirs.certificate);
    EXPECT_TRUE(isCovered());
    EXPECT_EQ(captured_.count("cannot maintain"), 0);
}

TEST_F(KeeperTest, SaysOnceWhatIsMissingAndCreatesNothing) {
    objects_.removeSecret("hook-tls");
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_EQ(keeper_.trouble(),
              "there is no Secret hook-tls; whoever installed the injector made it, so install it "
              "again or upgrade it");
    EXPECT_EQ(captured_.count("cannot maintain the webhook's certificate, will retry"), 1);
    EXPECT_THAT(objects_.writes(), IsEmpty());
    objects_.setData("hook-tls", {});
    EXPECT_EQ(keeper_.keep(), Keeper::kCheckPeriod);
    EXPECT_EQ(keeper_.trouble(), "");
}

TEST_F(KeeperTest, SaysThatTheWebhookIsNotInTheConfiguration) {
    objects_.setWebhookName("inject.example.org");
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_EQ(keeper_.trouble(),
              "the MutatingWebhookConfiguration hook has no webhook inject.leader-elector.io");
    EXPECT_THAT(objects_.writes(), IsEmpty());
}

TEST_F(KeeperTest, SaysWhichWriteWasRefused) {
    objects_.refuseWrites(403);
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_THAT(keeper_.trouble(), StartsWith("cannot write the Secret hook-ca: "));
    objects_.refuseWrites(0);
    keeper_.keep();
    objects_.setBundle("");
    objects_.refuseWrites(403);
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_THAT(keeper_.trouble(),
                StartsWith("cannot write the caBundle of the MutatingWebhookConfiguration hook: "));
}

TEST_F(KeeperTest, GivesUpForThisTimeWhereItsWritesAreUndone) {
    objects_.beforeWrite([&](const std::string& path) {
        if (path.ends_with("/hook")) {
            objects_.setData("hook-ca", {});
        }
    });
    EXPECT_EQ(keeper_.keep(), Keeper::kRetryPeriod);
    EXPECT_EQ(
        keeper_.trouble(),
        "what is stored does not come to rest; does another program write the certificates as "
        "well?");
}

}  // namespace
}  // namespace injector::certificates
