#include "injector/webhook/certificate_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "elector/http/server.h"
#include "injector/certificates/mint.h"
#include "tests/support/captured_log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"

namespace injector::webhook {
namespace {

using certificates::KeyPair;
using elector::http::TestClient;
using elector::http::TlsTestClient;
using elector::runtime::WallTime;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::hours kDay{24};

// Two files, as the kubelet mounts a Secret: each is a link into a folder, and both change at once
// when the link to that folder is replaced.
class MountedSecret {
  public:
    MountedSecret() {
        for (const char* name : {"tls.crt", "tls.key"}) {
            std::filesystem::create_symlink(std::string("..data/") + name, at(name));
        }
    }
    std::string at(const std::string& name) const { return folder_.path() + "/" + name; }
    void put(const std::string& certificate, const std::string& key) {
        const std::string next = "..version-" + std::to_string(++versions_);
        std::filesystem::create_directory(at(next));
        elector::test::writeText(at(next + "/tls.crt"), certificate);
        elector::test::writeText(at(next + "/tls.key"), key);
        std::filesystem::create_directory_symlink(next, at("..new"));
        std::filesystem::rename(at("..new"), at("..data"));
    }

  private:
    elector::test::TemporaryFolder folder_;
    int versions_ = 0;
};

// A clock whose wall stands where a test puts it; what limits waiting goes on by itself.
class WallClock final : public elector::runtime::Clock {
  public:
    elector::runtime::Instant now() const override { return real_.now(); }
    WallTime wall() const override { return real_.wall() + ahead.load(); }
    std::atomic<std::chrono::microseconds> ahead{std::chrono::microseconds(0)};

  private:
    elector::runtime::SystemClock real_;
};

class CertificateFileTest : public testing::Test {
  protected:
    // A certificate whose common name is `name`, and which carries localhost too.
    KeyPair leaf(const std::string& name, std::chrono::seconds life = kDay) const {
        return mintLeaf(authority_, {name, "localhost"}, clock_.wall(), life);
    }
    void put(const KeyPair& pair) { secret_.put(pair.certificate, pair.key); }
    static std::optional<WallTime> expiryOf(const KeyPair& pair) {
        return certificates::Certificate::readAll(pair.certificate)[0].notAfter();
    }
    // The common name that a new client is shown; "none" where its handshake fails.
    std::string shown() const {
        try {
            return TlsTestClient(server_->port(), authority_.certificate).serverName();
        } catch (const std::runtime_error&) {
            return "none";
        }
    }
    void serve() {
        elector::http::ServerOptions options;
        options.host = "127.0.0.1";
        options.tls = new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, "", "", "",
                                             Poco::Net::Context::VERIFY_NONE);
        file_.attachTo(options.tls->sslContext());
        elector::http::Router router;
        router.answer("GET", "/", [](const elector::http::Request&) {
            return elector::http::Response::text(200, "hello\n");
        });
        server_ = std::make_unique<elector::http::Server>(std::move(options), std::move(router),
                                                          clock_, captured_.log());
        server_->start();
    }

    WallClock clock_;
    MountedSecret secret_;
    test::CapturedLog captured_{clock_};
    KeyPair authority_ = certificates::mintAuthority(clock_.wall(), 100 * kDay);
    CertificateFile file_{{secret_.at("tls.crt"), secret_.at("tls.key")}, clock_, captured_.log()};
    std::unique_ptr<elector::http::Server> server_;
};

TEST_F(CertificateFileTest, ShowsACertificateFromTheHandshakeAfterItsAppearance) {
    serve();
    EXPECT_EQ(shown(), "none");
    EXPECT_THAT(*file_.complaint(),
                StartsWith("there is no certificate yet: cannot find " + secret_.at("tls.crt")));
    put(leaf("first"));
    EXPECT_EQ(shown(), "first");
    EXPECT_EQ(file_.complaint(), std::nullopt);
    put(leaf("second"));
    EXPECT_EQ(shown(), "second");
}

TEST_F(CertificateFileTest, LeavesConnectionsThatAreOpenAsTheyAre) {
    serve();
    put(leaf("first"));
    TlsTestClient client(server_->port(), authority_.certificate);
    put(leaf("second"));
    EXPECT_EQ(shown(), "second");
    EXPECT_THAT(client.get("/"), HasSubstr("hello"));
    EXPECT_EQ(client.serverName(), "first");
}

TEST_F(CertificateFileTest, ShowsTheWholeChain) {
    serve();
    const KeyPair pair = leaf("chained");
    const KeyPair other = leaf("link");
    secret_.put(pair.certificate + other.certificate, pair.key);
    TlsTestClient client(server_->port(), authority_.certificate);
    EXPECT_EQ(client.serverName(), "chained");
    EXPECT_EQ(client.chainLength(), 2);
}

TEST_F(CertificateFileTest, KeepsWhatWasReadBeforeABadFileAndSaysSoOnce) {
    serve();
    put(leaf("good"));
    ASSERT_EQ(shown(), "good");
    const KeyPair one = leaf("one");
    const KeyPair two = leaf("two");
    const std::vector<KeyPair> bad{{"", ""},
                                   {"rubbish", "rubbish"},
                                   {"", one.key},
                                   {one.certificate, ""},
                                   {one.certificate, two.key},
                                   {one.certificate.substr(0, 100), one.key}};
    for (const KeyPair& pair : bad) {
        put(pair);
        EXPECT_EQ(shown(), "good");
        EXPECT_EQ(file_.complaint(), std::nullopt);
    }
    EXPECT_EQ(captured_.count("the certificate's file cannot be used; the certificate read before "
                              "stays in use"),
              1);
    std::filesystem::remove(secret_.at("..data"));
    EXPECT_EQ(shown(), "good");
    put(leaf("better"));
    EXPECT_EQ(shown(), "better");
}

TEST_F(CertificateFileTest, IsReadAgainWhenTheKeyCameLaterThanItsCertificate) {
    const elector::test::TemporaryFolder folder;
    const std::string certificate = folder.path() + "/certificate.pem";
    const std::string key = folder.path() + "/key.pem";
    CertificateFile file({certificate, key}, clock_, captured_.log());
    const KeyPair first = leaf("first");
    elector::test::replaceText(certificate, first.certificate);
    EXPECT_THAT(*file.complaint(), HasSubstr("cannot find " + key));
    elector::test::replaceText(key, first.key);
    EXPECT_EQ(file.complaint(), std::nullopt);
    const KeyPair second = leaf("second", 2 * kDay);
    elector::test::replaceText(certificate, second.certificate);
    EXPECT_EQ(file.expiry(), expiryOf(first));
    elector::test::replaceText(key, second.key);
    EXPECT_EQ(file.expiry(), expiryOf(second));
}

TEST_F(CertificateFileTest, ReadsBothFromOneFile) {
    const elector::test::TemporaryFolder folder;
    const std::string path = folder.path() + "/both.pem";
    CertificateFile file({path, path}, clock_, captured_.log());
    const KeyPair pair = leaf("first");
    elector::test::replaceText(path, pair.key + pair.certificate);
    EXPECT_EQ(file.expiry(), expiryOf(pair));
}

TEST_F(CertificateFileTest, SaysThatACertificateHasExpiredOrIsNotYetValid) {
    put(leaf("short", std::chrono::hours(1)));
    EXPECT_EQ(file_.complaint(), std::nullopt);
    clock_.ahead = std::chrono::hours(2);
    EXPECT_THAT(*file_.complaint(), StartsWith("the certificate has expired, at 20"));
    clock_.ahead = std::chrono::hours(-2);
    EXPECT_THAT(*file_.complaint(), StartsWith("the certificate is not valid before 20"));
}

TEST_F(CertificateFileTest, TellsTheExpiryOfWhatIsInForce) {
    EXPECT_EQ(file_.expiry(), std::nullopt);
    const KeyPair pair = leaf("first");
    put(pair);
    EXPECT_EQ(file_.expiry(), expiryOf(pair));
}

TEST_F(CertificateFileTest, NoHandshakeFailsWhileTheFilesAreReplacedAgainAndAgain) {
    serve();
    put(leaf("0"));
    std::atomic<bool> done{false};
    std::atomic<int> failed{0};
    std::atomic<int> served{0};
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 4; ++i) {
            clients.emplace_back([&] {
                while (!done) {
                    try {
                        TlsTestClient client(server_->port(), authority_.certificate);
                        client.get("/");
                        ++served;
                    } catch (const std::runtime_error&) {
                        ++failed;
                    }
                }
            });
        }
        for (int i = 1; i <= 50; ++i) {
            put(leaf(std::to_string(i)));
            const int before = served;
            ASSERT_TRUE(elector::http::eventually([&] { return served > before || failed > 0; }));
        }
        done = true;
    }
    EXPECT_EQ(failed, 0);
    EXPECT_GE(served, 50);
    EXPECT_EQ(shown(), "50");
}

}  // namespace
}  // namespace injector::webhook
