#include "elector/kubernetes/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"

namespace elector::kubernetes {
namespace {

using testing::HasSubstr;

class HandClock final : public runtime::Clock {
  public:
    Instant now() const override { return now_; }
    election::WallTime wall() const override { return wall_; }
    void setWall(election::WallTime wall) { wall_ = wall; }
    void advance(Duration by) { now_ += by; }

  private:
    Instant now_{std::chrono::hours(1)};
    election::WallTime wall_{};
};

class CredentialsTest : public testing::Test {
  protected:
    CredentialsTest() {
        access_.server = {true, "127.0.0.1", 6443, ""};
        access_.origin = "a test";
        access_.token = Source::file(tokenFile());
        access_.authorities = Source::file(authoritiesFile());
        test::writeText(tokenFile(), " one\n");
        test::writeText(authoritiesFile(), test::CertificateAuthority().certificate());
    }

    std::filesystem::path tokenFile() const { return path("token"); }
    std::filesystem::path authoritiesFile() const { return path("ca.crt"); }
    std::filesystem::path path(const char* name) const {
        return std::filesystem::path(folder_.path()) / name;
    }

    test::TemporaryFolder folder_;
    HandClock clock_;
    Access access_;
};

TEST_F(CredentialsTest, ReadsTheTokenAgainAfterAMinute) {
    Credentials credentials(access_, clock_);
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    test::writeText(tokenFile(), "two");
    clock_.advance(Credentials::kTokenAge - std::chrono::nanoseconds(1));
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    clock_.advance(std::chrono::nanoseconds(1));
    EXPECT_EQ(credentials.authorization().value(), "Bearer two");
}

TEST_F(CredentialsTest, ReadsTheTokenAtOnceWhenToldTo) {
    Credentials credentials(access_, clock_);
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    EXPECT_FALSE(credentials.refreshToken());
    test::writeText(tokenFile(), "two");
    EXPECT_TRUE(credentials.refreshToken());
    EXPECT_EQ(credentials.authorization().value(), "Bearer two");
}

TEST_F(CredentialsTest, KeepsTheTokenWhileItsFileIsGone) {
    Credentials credentials(access_, clock_);
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    std::filesystem::remove(tokenFile());
    clock_.advance(Credentials::kTokenAge);
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    EXPECT_FALSE(credentials.refreshToken());
}

// As client-go does.
TEST_F(CredentialsTest, UsesTheSpareTokenUntilItsFileHoldsOne) {
    access_.spareToken = "spare";
    test::writeText(tokenFile(), "");
    Credentials credentials(access_, clock_);
    EXPECT_EQ(credentials.authorization().value(), "Bearer spare");
    std::filesystem::remove(tokenFile());
    EXPECT_FALSE(credentials.refreshToken());
    EXPECT_EQ(credentials.authorization().value(), "Bearer spare");
    test::writeText(tokenFile(), "one");
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");
    std::filesystem::remove(tokenFile());
    clock_.advance(Credentials::kTokenAge);
    EXPECT_EQ(credentials.authorization().value(), "Bearer one");

    test::writeText(tokenFile(), "spare");
    EXPECT_FALSE(Credentials(access_, clock_).refreshToken());
}

TEST_F(CredentialsTest, SendsNothingThatIsNoToken) {
    for (const char* text : {"", " \n", "a b", "a\r\nX-Evil: 1", "a\x01"}) {
        test::writeText(tokenFile(), text);
        const auto authorization = Credentials(access_, clock_).authorization();
        ASSERT_FALSE(authorization.ok()) << text;
        EXPECT_EQ(authorization.error().kind, ErrorKind::Unauthorized);
        EXPECT_THAT(authorization.error().message, HasSubstr("holds no token"));
    }
    std::filesystem::remove(tokenFile());
    EXPECT_THAT(Credentials(access_, clock_).authorization().error().message,
                HasSubstr(tokenFile().string()));
}

TEST_F(CredentialsTest, HasNoHeaderWithoutAToken) {
    access_.token.reset();
    EXPECT_EQ(Credentials(access_, clock_).authorization().value(), "");
}

TEST_F(CredentialsTest, MakesTheContextAnewOnlyWhereAFileChanged) {
    Credentials credentials(access_, clock_);
    const auto first = credentials.tls().value();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(credentials.tls().value(), first);
    test::writeText(authoritiesFile(), test::CertificateAuthority().certificate());
    const auto second = credentials.tls().value();
    EXPECT_NE(second, first);
    std::filesystem::remove(authoritiesFile());
    EXPECT_EQ(credentials.tls().value(), second);
    test::writeText(authoritiesFile(), "half a certi");
    EXPECT_EQ(credentials.tls().value(), second);
}

TEST_F(CredentialsTest, NamesAClientCertificateThatHasEnded) {
    const test::CertificateAuthority authority;
    const auto pair = authority.issueClient({"me", {}, {}, {}});
    const auto today =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    Credentials credentials(access_, clock_);
    ASSERT_TRUE(credentials.tls().ok());
    EXPECT_FALSE(credentials.certificateFault());

    access_.certificate = Source::text(pair.certificate);
    access_.key = Source::text(pair.key);
    Credentials own(access_, clock_);
    ASSERT_TRUE(own.tls().ok());
    clock_.setWall(today);
    EXPECT_FALSE(own.certificateFault());
    clock_.setWall(today + std::chrono::hours(2));
    EXPECT_THAT(own.certificateFault().value_or(""),
                HasSubstr("the client certificate of a test ended at "));
    clock_.setWall(today - std::chrono::hours(1));
    EXPECT_THAT(own.certificateFault().value_or(""), HasSubstr("is valid from "));
}

TEST_F(CredentialsTest, SaysWhichMaterialIsUnusable) {
    const test::CertificateAuthority authority;
    const auto pair = authority.issueClient({"me", {}, {}, {}});
    const auto other = authority.issueClient({"other", {}, {}, {}});
    const auto problem = [&] { return Credentials(access_, clock_).tls().error().message; };

    test::writeText(authoritiesFile(), "nothing");
    EXPECT_THAT(problem(), HasSubstr("hold no certificate"));
    test::writeText(authoritiesFile(), "");
    EXPECT_THAT(problem(), HasSubstr("is empty"));
    test::writeText(authoritiesFile(), authority.certificate());
    access_.certificate = Source::text("nothing");
    access_.key = Source::text(pair.key);
    EXPECT_THAT(problem(), HasSubstr("client certificate cannot be read"));
    access_.certificate = Source::text(pair.certificate);
    access_.key = Source::text("nothing");
    EXPECT_THAT(problem(), HasSubstr("client key cannot be read"));
    access_.key = Source::text(other.key);
    EXPECT_THAT(problem(), HasSubstr("not that of the client certificate"));
    access_.key = Source::text(pair.key);
    EXPECT_TRUE(Credentials(access_, clock_).tls().ok());
}

}  // namespace
}  // namespace elector::kubernetes
