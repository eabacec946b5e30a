#include "injector/certificates/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "injector/certificates/mint.h"
#include "injector/certificates/pem_file.h"
#include "tests/support/captured_log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"
#include "tests/unit/injector/certificates/fake_objects.h"

namespace injector::certificates {
namespace {

using elector::http::eventually;
using elector::test::readText;
using testing::HasSubstr;

class DeliveryTest : public testing::Test {
  protected:
    KeyPair leaf() const {
        return mintLeaf(authority_, {"hook.system.svc"}, clock_.wall(), std::chrono::hours(1));
    }
    void store(const KeyPair& pair) {
        objects_.setData("hook-tls", {{"tls.crt", pair.certificate}, {"tls.key", pair.key}});
    }
    std::string file() const { return std::filesystem::exists(path_) ? readText(path_) : "none"; }
    bool holds(const KeyPair& pair) const {
        return eventually([&] { return file() == pair.key + pair.certificate; });
    }
    void deliver() {
        delivery_.emplace(Delivery::Options{objects_.access(), "system", "hook-tls", path_}, clock_,
                          captured_.log());
    }

    AheadClock clock_;
    test::CapturedLog captured_{clock_};
    elector::test::TemporaryFolder folder_;
    std::string path_ = folder_.path() + "/in/certificate.pem";
    KeyPair authority_ = mintAuthority(clock_.wall(), std::chrono::hours(24));
    FakeObjects objects_{clock_, captured_.log()};
    std::optional<Delivery> delivery_;
};

class DeliveryToFolderTest : public DeliveryTest {
  protected:
    DeliveryToFolderTest() { std::filesystem::create_directory(folder_.path() + "/in"); }
};

TEST_F(DeliveryToFolderTest, WritesWhatThereIsAndEveryChange) {
    const KeyPair first = leaf();
    store(first);
    deliver();
    EXPECT_TRUE(holds(first));
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0440U);
    const KeyPair second = leaf();
    store(second);
    objects_.announce("MODIFIED");
    EXPECT_TRUE(holds(second));
    EXPECT_TRUE(eventually([this] { return !delivery_->trouble(); }));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(DeliveryToFolderTest, DeliversNothingThatIsNoPairAndSaysSo) {
    deliver();
    const std::string trouble =
        "the Secret hook-tls holds no certificate (tls.crt) with its key (tls.key)";
    EXPECT_TRUE(eventually([&] { return delivery_->trouble() == trouble; }));
    EXPECT_EQ(file(), "none");
    const KeyPair good = leaf();
    store(good);
    objects_.announce("MODIFIED");
    ASSERT_TRUE(holds(good));
    for (const KeyPair& bad : {KeyPair{good.certificate, leaf().key}, KeyPair{"", good.key},
                               KeyPair{good.certificate, ""}, KeyPair{"rubbish", "rubbish"}}) {
        store(bad);
        objects_.announce("MODIFIED");
        EXPECT_TRUE(eventually([&] { return delivery_->trouble() == trouble; }));
        EXPECT_EQ(file(), good.key + good.certificate);
        store(good);
        objects_.announce("MODIFIED");
        EXPECT_TRUE(eventually([&] { return !delivery_->trouble(); }));
    }
}

TEST_F(DeliveryToFolderTest, KeepsTheFileWhenTheSecretIsDeleted) {
    const KeyPair good = leaf();
    store(good);
    deliver();
    ASSERT_TRUE(holds(good));
    objects_.announce("DELETED");
    const KeyPair next = leaf();
    store(next);
    objects_.announce("ADDED");
    EXPECT_TRUE(holds(next));
}

TEST_F(DeliveryToFolderTest, WatchesAgainAfterAWatchEnded) {
    store(leaf());
    deliver();
    ASSERT_TRUE(eventually([this] { return objects_.watches() == 1; }));
    const KeyPair missed = leaf();
    store(missed);
    objects_.endWatches();
    EXPECT_TRUE(holds(missed));
}

TEST_F(DeliveryTest, WaitsForAFolderThatIsNotThereYet) {
    const KeyPair good = leaf();
    store(good);
    deliver();
    EXPECT_TRUE(eventually([this] {
        return delivery_->trouble().value_or("").find("cannot make ") != std::string::npos;
    }));
    EXPECT_THAT(*delivery_->trouble(), HasSubstr("No such file or directory"));
    std::filesystem::create_directory(folder_.path() + "/in");
    EXPECT_TRUE(holds(good));
}

TEST(PemFileTest, HoldsTheKeyAndThenTheWholeChain) {
    const WallTime now = elector::runtime::SystemClock().wall();
    const KeyPair authority = mintAuthority(now, std::chrono::hours(1));
    const KeyPair pair = mintLeaf(authority, {"hook"}, now, std::chrono::hours(1));
    const std::string chain = pair.certificate + authority.certificate;
    EXPECT_EQ(pemFileOf(chain, pair.key), pair.key + chain);
    std::string withoutEnd = pair.key;
    withoutEnd.pop_back();
    EXPECT_EQ(pemFileOf(chain, withoutEnd), pair.key + chain);
    EXPECT_EQ(pemFileOf(authority.certificate + pair.certificate, pair.key), std::nullopt);
    EXPECT_EQ(pemFileOf("", pair.key), std::nullopt);
}

TEST(PemFileTest, LeavesTheOldFileWhereTheNewOneCannotBeWritten) {
    EXPECT_EQ(replacePemFile("/nonexistent/certificate.pem", "text"),
              "cannot make /nonexistent/certificate.pem.new: No such file or directory");
    const elector::test::TemporaryFolder folder;
    std::filesystem::create_directories(folder.path() + "/taken/inside");
    EXPECT_EQ(replacePemFile(folder.path() + "/taken", "text"),
              "cannot replace " + folder.path() + "/taken: Is a directory");
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/taken.new"));
}

}  // namespace
}  // namespace injector::certificates
