#include "injector/cluster/informer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "tests/unit/kubernetes/scripted_server.h"

namespace injector::cluster {
namespace {

using elector::kubernetes::Access;
using elector::kubernetes::answerOf;
using elector::kubernetes::ScriptedPeer;
using elector::kubernetes::ScriptedServer;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kPatience = 20s;

// Notes what it is told, as "+name", "-name", "synced".
class Notes final : public InformerSink {
  public:
    void onPresent(ObjectMeta meta) override { note("+" + meta.key.name); }
    void onGone(const ObjectKey& key) override { note("-" + key.name); }
    void onSynced() override { note("synced"); }

    // The first `count` of them.
    std::vector<std::string> await(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPatience, [&] { return notes_.size() >= count; });
        return notes_;
    }

  private:
    void note(std::string text) {
        const std::lock_guard guard(mutex_);
        notes_.push_back(std::move(text));
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> notes_;
};

std::string object(const std::string& name, const std::string& annotation) {
    return fmt::format(
        R"({{"metadata":{{"name":"{}","namespace":"n","uid":"u","resourceVersion":"8",)"
        R"("annotations":{{"{}":"true"}}}}}})",
        name, annotation);
}

std::string kept(const std::string& name) {
    return object(name, "mark/keep");
}

std::string list(const std::string& items, const std::string& version = "5") {
    return answerOf(200, fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})",
                                     version, items));
}

const std::string kStream = "HTTP/1.1 200 OK\r\n\r\n";

std::string event(const std::string& type, const std::string& what) {
    return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, what);
}

const std::string kExpired = event("ERROR", R"({"kind":"Status","code":410,"message":"too old"})");

class InformerTest : public testing::Test {
  protected:
    // Each script is a connection. The informer runs until the test ends.
    void follow(std::vector<ScriptedServer::Script> scripts) {
        server_.emplace(std::move(scripts));
        Access access;
        access.server = server_->endpoint();
        informer_.emplace(access,
                          Selection{kPods, "fieldSelector=x", "mark/",
                                    [](const ObjectMeta& meta) {
                                        return meta.annotation("mark/keep") == "true";
                                    }},
                          notes_, clock_, log_);
    }

    elector::runtime::SystemClock clock_;
    elector::runtime::Log log_{elector::runtime::LogLevel::Error, elector::runtime::LogFormat::Text,
                               clock_};
    Notes notes_;
    std::optional<ScriptedServer> server_;
    std::optional<Informer> informer_;
};

TEST_F(InformerTest, TellsWhatIsKeptOfAListAndItsChanges) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(kept("a") + "," + object("b", "mark/other") + "," + object("c", "no")));
        peer.readRequest();
        peer.send(kStream + event("ADDED", kept("d")) + event("MODIFIED", kept("a")) +
                  event("ADDED", object("e", "no")) + event("MODIFIED", object("a", "no")) +
                  event("MODIFIED", object("a", "mark/other")) + event("DELETED", kept("d")) +
                  event("DELETED", kept("f")) + event("MODIFIED", kept("g")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(7), ElementsAre("+a", "synced", "+d", "+a", "-a", "-d", "+g"));
}

TEST_F(InformerTest, GoesOnFromWhereAWatchEnded) {
    std::string request;
    follow({[](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("a")));
                peer.readRequest();
                peer.send(kStream + event("BOOKMARK", R"({"metadata":{"resourceVersion":"77"}})"));
            },
            [&](ScriptedPeer& peer) {
                request = peer.readRequest();
                peer.send(kStream + event("ADDED", kept("b")));
                peer.awaitClose();
            }});
    EXPECT_THAT(notes_.await(3), ElementsAre("+a", "synced", "+b"));
    EXPECT_THAT(request, HasSubstr("watch=1&allowWatchBookmarks=true&resourceVersion=77&"));
}

TEST_F(InformerTest, ListsAgainWhatTheServerForgotAndTellsWhatIsGone) {
    follow({[](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("a") + "," + kept("b")));
                peer.readRequest();
                peer.send(kStream + kExpired);
            },
            [](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("b") + "," + kept("c"), "90"));
                peer.readRequest();
                peer.send(kStream);
                peer.awaitClose();
            }});
    EXPECT_THAT(notes_.await(6), ElementsAre("+a", "+b", "synced", "+b", "+c", "-a"));
}

TEST_F(InformerTest, KeepsTryingUntilItIsSynced) {
    follow({[](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(answerOf(403, R"({"kind":"Status","message":"no"})"));
            },
            [](ScriptedPeer& peer) { peer.readRequest(); },
            [](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("a")));
                peer.readRequest();
                peer.awaitClose();
            }});
    EXPECT_THAT(notes_.await(2), ElementsAre("+a", "synced"));
}

TEST_F(InformerTest, EndsAtOnceThoughItsServerIsSilent) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(""));
        peer.readRequest();
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(1), ElementsAre("synced"));
    const auto begin = clock_.now();
    informer_.reset();
    EXPECT_LT(clock_.now() - begin, 5s);
}

}  // namespace
}  // namespace injector::cluster
