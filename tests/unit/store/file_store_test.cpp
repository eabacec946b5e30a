#include "elector/store/file_store.h"

#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/recording_sink.h"
#include "tests/support/temporary_folder.h"

// What the file store does with files; what it has in common with the other stores is in
// tests/contract.
namespace elector::store {
namespace {

using election::ErrorKind;
using test::RecordingSink;
using testing::HasSubstr;

class FileStoreTest : public testing::Test {
  protected:
    CallLimits soon() const { return {clock_.now() + std::chrono::seconds(20), {}}; }

    static LeaseRecord heldBy(const std::string& holder) {
        LeaseRecord record;
        record.holder = holder;
        record.duration = std::chrono::seconds(10);
        return record;
    }
    Lease created(FileStore& store) {
        return store.create(key_, heldBy("web-0"), soon()).value().lease;
    }
    std::string sentenceFor(const std::string& folder) const {
        try {
            const FileStore store(folder, clock_);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "no error";
    }
    std::string leaseFile() const { return root_ + "/default/web/lease.json"; }

    runtime::SystemClock clock_;
    test::TemporaryFolder temporary_;
    std::string root_ = temporary_.path() + "/store";
    LeaseKey key_{"default", "web"};
};

TEST_F(FileStoreTest, CreatesItsFolderForThisUserAlone) {
    const FileStore store(root_, clock_);
    struct stat status{};
    ASSERT_EQ(stat(root_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

// Rule 16: nobody would ever delete it, as nobody collects what lies in a folder.
TEST_F(FileStoreTest, HasNoLeaseThatIsHeldForLife) {
    FileStore store(root_, clock_);
    created(store);
    test::writeText(leaseFile(),
                    R"({"metadata":{"uid":"u-1","resourceVersion":"17","ownerReferences":)"
                    R"([{"apiVersion":"v1","kind":"Pod","name":"old-0","uid":"u-2"}]},)"
                    R"("spec":{"holderIdentity":"old-0"}})");
    const auto lease = store.get(key_, soon()).value();
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->record.holder, "old-0");
    EXPECT_FALSE(election::isHeldForLife(*lease));
}

TEST_F(FileStoreTest, RefusesWhatIsNoFolder) {
    test::writeText(root_, "a file");
    EXPECT_THAT(sentenceFor(root_), HasSubstr(root_ + " is not a folder"));
    EXPECT_THAT(sentenceFor(root_ + "/below"), HasSubstr("Not a directory"));
    EXPECT_THAT(sentenceFor(""), HasSubstr("names no folder"));
}

TEST_F(FileStoreTest, RefusesAFolderThatCannotBeCreated) {
    // No user, root included, may create folders there.
    EXPECT_THAT(sentenceFor("/proc/elector"), HasSubstr("--store=file:/proc/elector"));
}

TEST_F(FileStoreTest, ALeaseIsAFileThatReadsAsKubectlPrintsIt) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    const std::string text = test::readText(leaseFile());
    EXPECT_EQ(text, lease.document + "\n");
    EXPECT_THAT(text, HasSubstr(R"("kind":"Lease")"));
    EXPECT_THAT(text, HasSubstr(R"("holderIdentity":"web-0")"));
    EXPECT_THAT(text, HasSubstr("\"uid\":\"" + lease.uid + "\""));
}

TEST_F(FileStoreTest, NoNameLeavesTheFolder) {
    FileStore store(root_, clock_);
    const std::vector<LeaseKey> keys{{"..", ".."},       {"a/b", "c"},  {"/etc", "passwd"},
                                     {".lock", ".x"},    {"a", "B%2F"}, {std::string(1, '\0'), "x"},
                                     {"default", "a\nb"}};
    for (const LeaseKey& key : keys) {
        EXPECT_TRUE(store.create(key, heldBy("web-0"), soon()).ok()) << key.text();
        EXPECT_TRUE(store.get(key, soon()).value()) << key.text();
    }
    int leases = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temporary_.path())) {
        leases += entry.path().filename() == "lease.json" ? 1 : 0;
    }
    EXPECT_EQ(leases, static_cast<int>(keys.size()));
}

TEST_F(FileStoreTest, RefusesNamesThatNoFileCanHave) {
    FileStore store(root_, clock_);
    for (const LeaseKey& key : {LeaseKey{"", "web"}, LeaseKey{"default", ""},
                                LeaseKey{"default", std::string(300, 'a')}}) {
        EXPECT_EQ(store.create(key, heldBy("web-0"), soon()).error().kind, ErrorKind::Invalid);
        EXPECT_EQ(store.get(key, soon()).error().kind, ErrorKind::Invalid);
    }
}

TEST_F(FileStoreTest, AFileThatIsNoLeaseIsNamed) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    for (const std::string text : {"", "{", "[]", "null", "{}", "\xff\xfe", "{\"metadata\":{}}",
                                   R"({"metadata":{"uid":"a","resourceVersion":"-1"}})"}) {
        test::writeText(leaseFile(), text);
        const auto found = store.get(key_, soon());
        ASSERT_FALSE(found.ok()) << text;
        EXPECT_EQ(found.error().kind, ErrorKind::Malformed) << text;
        EXPECT_THAT(found.error().message, HasSubstr(leaseFile()));
        EXPECT_FALSE(store.update(key_, lease, heldBy("web-1"), soon()).ok());
        EXPECT_FALSE(store.create(key_, heldBy("web-1"), soon()).ok());
        RecordingSink sink;
        EXPECT_EQ(store.watch(key_, sink, std::chrono::seconds(1), {}).kind, ErrorKind::Malformed);
    }
    std::filesystem::remove(leaseFile());
    EXPECT_TRUE(store.create(key_, heldBy("web-1"), soon()).ok());
}

TEST_F(FileStoreTest, WhatIsNoFileAtAllIsNamedAndDoesNotBlock) {
    FileStore store(root_, clock_);
    created(store);
    std::filesystem::remove(leaseFile());
    ASSERT_EQ(mkfifo(leaseFile().c_str(), 0600), 0);
    EXPECT_EQ(store.get(key_, soon()).error().kind, ErrorKind::Malformed);
    std::filesystem::remove(leaseFile());
    std::filesystem::create_directory(leaseFile());
    EXPECT_EQ(store.get(key_, soon()).error().kind, ErrorKind::Malformed);
}

TEST_F(FileStoreTest, AFileOfManyMegabytesIsNotRead) {
    FileStore store(root_, clock_);
    created(store);
    std::filesystem::resize_file(leaseFile(), std::uintmax_t{1} << 30U);
    EXPECT_EQ(store.get(key_, soon()).error().kind, ErrorKind::Malformed);
}

TEST_F(FileStoreTest, AnEditThatKeepsTheResourceVersionIsAChangeAllTheSame) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    std::string edited = lease.document;
    edited.replace(edited.find("web-0"), 5, "web-9");
    test::writeText(leaseFile(), edited);
    const auto written = store.update(key_, lease, heldBy("web-1"), soon());
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(store.get(key_, soon()).value()->record.holder, "web-9");
}

TEST_F(FileStoreTest, WatchesTellOfAnEditInPlace) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    RecordingSink sink;
    const std::jthread watching([&](const std::stop_token& stop) {
        store.watch(key_, sink, std::chrono::seconds(1), stop);
    });
    ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Listed, 1));
    std::string edited = lease.document;
    edited.replace(edited.find("web-0"), 5, "web-9");
    test::writeText(leaseFile(), edited + "\n");
    ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Changed, 1));
    EXPECT_EQ(sink.entries().back().lease->record.holder, "web-9");
}

TEST_F(FileStoreTest, AWatchEndsWhenItsFolderIsRemovedAndCanBeBegunAgain) {
    FileStore store(root_, clock_);
    created(store);
    RecordingSink sink;
    std::optional<ApiError> end;
    {
        const std::jthread watching([&](const std::stop_token& stop) {
            end = store.watch(key_, sink, std::chrono::seconds(1), stop);
        });
        ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Listed, 1));
        std::filesystem::remove_all(root_);
        ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Deleted, 1));
    }
    // Gone where it noticed the folder's end before it was told to stop; else that stop.
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->kind == ErrorKind::Gone || end->kind == ErrorKind::TimedOut);
    EXPECT_TRUE(store.create(key_, heldBy("web-1"), soon()).ok());
    RecordingSink again;
    const std::jthread watching([&](const std::stop_token& stop) {
        store.watch(key_, again, std::chrono::seconds(1), stop);
    });
    EXPECT_TRUE(again.waitForCount(RecordingSink::Kind::Listed, 1));
}

TEST_F(FileStoreTest, RevisionsGrowEvenWhereTheCounterIsRemoved) {
    FileStore store(root_, clock_);
    Lease last = created(store);
    for (int round = 0; round < 3; ++round) {
        std::filesystem::remove_all(root_);
        const Lease next = created(store);
        EXPECT_GT(next.revision, last.revision);
        last = next;
    }
    std::filesystem::remove(root_ + "/.revision");
    FileStore other(root_, clock_);
    EXPECT_GT(other.update(key_, last, heldBy("web-1"), soon()).value().lease.revision,
              last.revision);
}

TEST_F(FileStoreTest, RevisionsGrowWhereTheFolderIsRemovedBeforeOneThatOnlyRead) {
    FileStore leader(root_, clock_);
    FileStore reader(root_, clock_);
    FileStore watcher(root_, clock_);
    Lease last = created(leader);
    for (int round = 0; round < 5; ++round) {
        last =
            leader.update(key_, last, heldBy("web-" + std::to_string(round)), soon()).value().lease;
    }
    ASSERT_TRUE(reader.get(key_, soon()).ok());
    RecordingSink sink;
    const std::jthread watching([&](const std::stop_token& stop) {
        watcher.watch(key_, sink, std::chrono::seconds(1), stop);
    });
    ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Listed, 1));
    last = leader.update(key_, last, heldBy("web-9"), soon()).value().lease;
    ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Changed, 1));
    const Lease before = reader.get(key_, soon()).value().value();

    std::filesystem::remove_all(root_);
    const Lease ofReader = created(reader);
    EXPECT_GT(ofReader.revision, before.revision);
    std::filesystem::remove_all(root_);
    EXPECT_GT(created(watcher).revision, last.revision);
}

TEST_F(FileStoreTest, NoRevisionFollowsTheLastNumber) {
    FileStore store(root_, clock_);
    created(store);
    std::string text = test::readText(leaseFile());
    text.replace(text.find("\"1\""), 3, "\"18446744073709551614\"");
    test::writeText(leaseFile(), text);
    const Lease edited = store.get(key_, soon()).value().value();
    const auto last = store.update(key_, edited, heldBy("web-1"), soon());
    ASSERT_TRUE(last.ok());
    EXPECT_EQ(last.value().lease.revision.text(), "18446744073709551615");
    std::filesystem::remove_all(root_);
    EXPECT_EQ(store.create(key_, heldBy("web-2"), soon()).error().kind, ErrorKind::Malformed);
    EXPECT_EQ(store.create(key_, heldBy("web-2"), soon()).error().kind, ErrorKind::Malformed);
}

// A process with as few file descriptors as it likes.
class FewDescriptors {
  public:
    // Leaves `spare` of them.
    explicit FewDescriptors(int spare) {
        getrlimit(RLIMIT_NOFILE, &before_);
        // Below this number all are taken first: those that are free take no room from `spare`.
        do {
            taken_.push_back(dup(0));
        } while (taken_.back() < taken_.front() + kHoles);
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(taken_.back() + 1 + spare);
        setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() {
        setrlimit(RLIMIT_NOFILE, &before_);
        for (const int descriptor : taken_) {
            close(descriptor);
        }
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

  private:
    static constexpr int kHoles = 64;

    rlimit before_{};
    std::vector<int> taken_;
};

TEST_F(FileStoreTest, WithoutDescriptorsCallsFailAndNothingIsThrown) {
    FileStore store(root_, clock_);
    Lease lease = created(store);
    // Another writer, so that the store has to wait for its turn.
    const auto held = FolderLock::acquire(root_ + "/.lock", soon(), clock_);
    ASSERT_TRUE(held);
    for (int spare = 0; spare < 6; ++spare) {
        const FewDescriptors few(spare);
        const CallLimits limits{clock_.now() + std::chrono::milliseconds(20), {}};
        EXPECT_FALSE(store.update(key_, lease, heldBy("web-1"), limits).ok()) << spare;
        EXPECT_FALSE(store.create(key_, heldBy("web-1"), limits).ok()) << spare;
        std::stop_source stop;
        stop.request_stop();
        RecordingSink sink;
        EXPECT_NE(store.watch(key_, sink, std::chrono::seconds(1), stop.get_token()).message, "")
            << spare;
    }
}

TEST_F(FileStoreTest, ACounterThatIsNoNumberIsNamedAndNothingIsWritten) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    for (const char* text : {"", "x", "-1", "18446744073709551615", "99999999999999999999"}) {
        test::writeText(root_ + "/.revision", text);
        const auto written = store.update(key_, lease, heldBy("web-1"), soon());
        ASSERT_FALSE(written.ok()) << text;
        EXPECT_EQ(written.error().kind, ErrorKind::Malformed);
        EXPECT_THAT(written.error().message, HasSubstr(root_ + "/.revision"));
        EXPECT_EQ(store.get(key_, soon()).value()->revision, lease.revision);
    }
}

TEST_F(FileStoreTest, ALockFileThatWasReplacedIsNotTaken) {
    FileStore store(root_, clock_);
    const Lease lease = created(store);
    // Somebody removes the lock file, and another process locks the new one.
    const std::string path = root_ + "/.lock";
    std::filesystem::remove(path);
    const int held = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(flock(held, LOCK_EX), 0);
    const auto written = store.update(key_, lease, heldBy("web-1"),
                                      {clock_.now() + std::chrono::milliseconds(100), {}});
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
    close(held);
    EXPECT_TRUE(store.update(key_, lease, heldBy("web-1"), soon()).ok());
}

}  // namespace
}  // namespace elector::store
