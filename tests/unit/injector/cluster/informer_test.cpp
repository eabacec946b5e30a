#include "injector/cluster/informer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "elector/kubernetes/lease_json.h"
#include "tests/support/captured_log.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace injector::cluster {
namespace {

using elector::kubernetes::Access;
using elector::kubernetes::answerOf;
using elector::kubernetes::ScriptedPeer;
using elector::kubernetes::ScriptedServer;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kPatience = 20s;

// Notes what it is told, as "+name", "-name", "!name", "synced".
class Notes final : public InformerSink {
  public:
    void onPresent(ObjectMeta meta, std::string_view object) override {
        const auto lease = elector::kubernetes::parseLease(object);
        note("+" + meta.key.name +
             (lease.ok() && !lease.value().record.holder.empty()
                  ? " held by " + lease.value().record.holder
                  : ""));
    }
    void onGone(const ObjectKey& key) override { note("-" + key.name); }
    void onPassedOver(const ObjectKey& key) override { note("!" + key.name); }
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
    return object(name, "leader-elector.io/keep");
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
    void follow(std::vector<ScriptedServer::Script> scripts,
                std::size_t mostOfSpace = std::size_t{1} << 20U) {
        follow(std::move(scripts), {kPods, "fieldSelector=x", "leader-elector.io/",
                                    [](const ObjectMeta& meta) {
                                        return meta.annotation("leader-elector.io/keep") == "true";
                                    },
                                    mostOfSpace, listAgain_});
    }
    void follow(std::vector<ScriptedServer::Script> scripts, Selection selection) {
        server_.emplace(std::move(scripts));
        Access access;
        access.server = server_->endpoint();
        informer_.emplace(access, std::move(selection), notes_, clock_, captured_.log());
    }

    elector::runtime::Duration listAgain_ = std::chrono::hours(1);
    elector::runtime::SystemClock clock_;
    test::CapturedLog captured_{clock_};
    Notes notes_;
    std::optional<ScriptedServer> server_;
    std::optional<Informer> informer_;
};

TEST_F(InformerTest, TellsWhatIsKeptOfAListAndItsChanges) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(kept("a") + "," + object("b", "leader-elector.io/other") + "," +
                       object("c", "no")));
        peer.readRequest();
        peer.send(kStream + event("ADDED", kept("d")) + event("MODIFIED", kept("a")) +
                  event("ADDED", object("e", "no")) + event("MODIFIED", object("a", "no")) +
                  event("MODIFIED", object("a", "leader-elector.io/other")) +
                  event("DELETED", kept("d")) + event("DELETED", kept("f")) +
                  event("MODIFIED", kept("g")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(7), ElementsAre("+a", "synced", "+d", "+a", "-a", "-d", "+g"));
}

// What the metadata of a Lease does not say: who holds it.
TEST_F(InformerTest, TellsOfWholeObjectsWhereTheyAreAskedFor) {
    const auto lease = [](const std::string& name, const std::string& holder) {
        return fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"n","uid":"u","resourceVersion":"8",)"
            R"("managedFields":[{{"manager":"m"}}]}},"spec":{{"holderIdentity":"{}"}}}})",
            name, holder);
    };
    std::vector<std::string> requests;
    follow({[&](ScriptedPeer& peer) {
               requests.push_back(peer.readRequest());
               peer.send(list(lease("a", "one") + "," + lease("b", "")));
               requests.push_back(peer.readRequest());
               peer.send(kStream + event("MODIFIED", lease("a", "two")) +
                         event("DELETED", lease("b", "")));
               peer.awaitClose();
           }},
           {kLeases, "", "", [](const ObjectMeta&) { return true; }, std::size_t{1} << 20U,
            listAgain_, &kLeaseOnly});
    EXPECT_THAT(notes_.await(5),
                ElementsAre("+a held by one", "+b", "synced", "+a held by two", "-b"));
    for (const auto& request : requests) {
        EXPECT_THAT(request, AllOf(StartsWith("GET /apis/coordination.k8s.io/v1/leases?"),
                                   HasSubstr("Accept: application/json\r\n")));
    }
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

TEST_F(InformerTest, PassesOverWhatCannotBeReadAndGoesOnBehindIt) {
    std::string request;
    const std::string noName = R"({"metadata":{"namespace":"n","name":"x","leader-elector.io/":1,)"
                               R"("annotations":{"leader-elector.io/keep":"true"}}})";
    follow({[&](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(noName + "," + kept("a")));
                peer.readRequest();
                peer.send(kStream + "no JSON\n" + event("ADDED", kept("b")) +
                          event("MODIFIED", noName) + event("ADDED", "5") +
                          event("DELETED", kept("a")));
            },
            [&](ScriptedPeer& peer) {
                request = peer.readRequest();
                peer.send(kStream + event("ADDED", kept("c")));
                peer.awaitClose();
            }});
    EXPECT_THAT(notes_.await(5), ElementsAre("+a", "synced", "+b", "-a", "+c"));
    EXPECT_THAT(request, HasSubstr("watch=1&")) << "nothing was listed again";
    EXPECT_EQ(informer_->health().unreadable, 3U);
    EXPECT_THAT(captured_.text(), HasSubstr("skipped an unreadable object"));
    EXPECT_THAT(captured_.text(), HasSubstr("object=n/x"));
}

// The worst of what an API server takes, where the object is kept.
TEST_F(InformerTest, KeepsTheWorstObjectByWhatIsUsedOfIt) {
    const std::string deep = std::string(130'000, '[') + std::string(130'000, ']');
    const std::string worst = fmt::format(
        R"({{"metadata":{{"name":"worst","namespace":"n","uid":"u","labels":{{{}}},)"
        R"("annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{}",)"
        R"("leader-elector.io/keep":"true","leader-elector.io/status":"{}"}},)"
        R"("ownerReferences":[{}],"managedFields":[{{"manager":"m","fieldsV1":{}}}]}}}})",
        [] {
            std::string labels;
            for (int index = 0; index < 20'000; ++index) {
                labels += fmt::format(R"({}"label-{}":"{}")", index == 0 ? "" : ",", index,
                                      std::string(63, 'v'));
            }
            return labels;
        }(),
        std::string(240'000, 'a'), std::string(15'000, 's'),
        fmt::format(R"({{"kind":"{}"}})", std::string(500'000, 'k')), deep);
    follow({[&](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(kept("a") + "," + worst + "," + kept("b")));
        peer.readRequest();
        peer.send(kStream + event("MODIFIED", worst) + event("ADDED", kept("c")) +
                  event("DELETED", worst) + event("ADDED", kept("d")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(8),
                ElementsAre("+a", "+worst", "+b", "synced", "+worst", "+c", "-worst", "+d"));
    const auto health = informer_->health();
    EXPECT_EQ(health.unreadable, 0U);
    EXPECT_GT(health.leftOut, 0U);
    EXPECT_EQ(captured_.count("truncated an object, parts of it are too long"), 1);
    EXPECT_THAT(captured_.text(), HasSubstr("object=n/worst"));
}

TEST_F(InformerTest, BoundsWhatItKeepsOfANamespaceAndOfNoOther) {
    const auto of = [](const std::string& space, const std::string& name) {
        return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"{}","uid":"u",)"
                           R"("annotations":{{"leader-elector.io/keep":"true"}}}}}})",
                           name, space);
    };
    follow({[&](ScriptedPeer& peer) {
               peer.readRequest();
               std::string items = of("low", "s");
               for (const char* name : {"a", "b", "c", "d"}) {
                   items += "," + of("big", name);
               }
               peer.send(list(items));
               peer.readRequest();
               peer.send(kStream + event("ADDED", of("low", "t")) + event("ADDED", of("big", "e")) +
                         event("DELETED", of("big", "a")) + event("ADDED", of("big", "f")) +
                         event("ADDED", of("big", "g")) + event("ADDED", of("low", "u")));
               peer.awaitClose();
           }},
           3 * (Selection::kOverhead + of("big", "a").size()));
    EXPECT_THAT(notes_.await(10),
                ElementsAre("+s", "+a", "+b", "+c", "!d", "synced", "+t", "-a", "+f", "+u"));
    EXPECT_EQ(informer_->health().passedOver, 3U);
    EXPECT_EQ(captured_.count("a namespace has too many objects"), 1);
    EXPECT_THAT(captured_.text(), HasSubstr("namespace=big"));
}

TEST_F(InformerTest, ListsAgainOnceThereIsRoomForWhatWasPassedOver) {
    listAgain_ = elector::runtime::Duration(0);
    follow({[](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("a") + "," + kept("b") + "," + kept("c")));
                peer.readRequest();
                peer.send(kStream + event("MODIFIED", kept("a")) + event("DELETED", kept("a")) +
                          event("ADDED", kept("x")));
                peer.awaitClose();
            },
            [](ScriptedPeer& peer) {
                peer.readRequest();
                peer.send(list(kept("b") + "," + kept("c"), "90"));
                peer.readRequest();
                peer.send(kStream);
                peer.awaitClose();
            }},
           2 * (Selection::kOverhead + kept("a").size()));
    EXPECT_THAT(notes_.await(8), ElementsAre("+a", "+b", "!c", "synced", "+a", "-a", "+b", "+c"));
}

TEST_F(InformerTest, TellsOnceThatANamespaceHasTooManyUntilAllOfItIsKeptAgain) {
    const auto answered = [](const std::string& items) {
        return [items](ScriptedPeer& peer) {
            peer.readRequest();
            peer.send(list(items));
            peer.readRequest();
            peer.send(kStream + event("ADDED", kept("x")) + kExpired);
        };
    };
    const auto two = kept("a") + "," + kept("b");
    follow({answered(two + "," + kept("c")), answered(two + "," + kept("c")), answered(kept("a")),
            answered(two)},
           2 * (Selection::kOverhead + kept("a").size()));
    // Of the second list nothing; of the last one again, as the third was kept whole.
    EXPECT_THAT(notes_.await(12), ElementsAre("+a", "+b", "!c", "synced", "+a", "+b", "+a", "-b",
                                              "+x", "+a", "!b", "-x"));
    EXPECT_EQ(captured_.count("a namespace has too many objects"), 2);
}

TEST_F(InformerTest, ForgetsAnObjectThatGrowsBeyondWhatIsKeptOfItsNamespace) {
    const auto grown =
        fmt::format(R"({{"metadata":{{"name":"a","namespace":"n","uid":"u","annotations":{{)"
                    R"("leader-elector.io/keep":"true","leader-elector.io/x":"{}"}}}}}})",
                    std::string(3000, 'x'));
    follow({[&](ScriptedPeer& peer) {
               peer.readRequest();
               peer.send(list(kept("a")));
               peer.readRequest();
               peer.send(kStream + event("MODIFIED", grown) + event("MODIFIED", kept("a")));
               peer.awaitClose();
           }},
           Selection::kOverhead + 1000);
    EXPECT_THAT(notes_.await(5), ElementsAre("+a", "synced", "!a", "-a", "+a"));
}

TEST_F(InformerTest, SaysWhenItLastKnewAllAndWhatFailedSince) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(answerOf(403, R"({"kind":"Status","message":"no list for you"})"));
    }});
    const auto begun = informer_->health().heard;
    while (informer_->health().error.empty()) {
        std::this_thread::yield();
    }
    EXPECT_THAT(informer_->health().error, HasSubstr("no list for you"));
    EXPECT_EQ(informer_->health().heard, begun);
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

// What no other client of the API server is bothered by, and what only a proxy would send.
struct Odd {
    std::string name;
    std::string text;
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Odd& odd, std::ostream* out) {
    *out << odd.name;
}

std::string nameOf(const testing::TestParamInfo<Odd>& info) {
    return info.param.name;
}

// An object with the mark of ours, and more of metadata.
std::string marked(const std::string& metadata) {
    return fmt::format(R"({{"metadata":{{"annotations":{{"leader-elector.io/keep":"true"}},{}}}}})",
                       metadata);
}

const std::string kMegabyte(std::size_t{1} << 20U, '7');

class OddEventTest : public InformerTest, public testing::WithParamInterface<Odd> {};

TEST_P(OddEventTest, IsPassedOverAndTheWatchGoesOn) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(kept("a")));
        peer.readRequest();
        peer.send(kStream + GetParam().text + event("ADDED", kept("z")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(3), ElementsAre("+a", "synced", "+z"));
    EXPECT_EQ(captured_.count("list or watch failed"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Events, OddEventTest,
    testing::Values(
        Odd{"BlankLines", "\n\r\n  \t\r\n\n"}, Odd{"NoObject", "{\"type\":\"ADDED\"}\n"},
        Odd{"NullObject", event("ADDED", "null")}, Odd{"ArrayObject", event("MODIFIED", "[]")},
        Odd{"TextObject", event("DELETED", R"("x")")},
        Odd{"NullType", "{\"type\":null,\"object\":{}}\n"},
        Odd{"NumberType", "{\"type\":7,\"object\":{}}\n"},
        Odd{"UnknownType", event("PARTY", kept("x"))},
        Odd{"TypeOfAMegabyte", event(kMegabyte, kept("x"))},
        Odd{"BookmarkWithoutMetadata", event("BOOKMARK", "{}")},
        Odd{"BookmarkOfNull", event("BOOKMARK", "null")},
        Odd{"BookmarkWithANumber", event("BOOKMARK", R"({"metadata":{"resourceVersion":7}})")},
        Odd{"BookmarkOfAMegabyte",
            event("BOOKMARK", R"({"metadata":{"resourceVersion":")" + kMegabyte + "\"}}")},
        Odd{"MetadataOfNull", event("ADDED", R"({"metadata":null,"leader-elector.io/":1})")},
        Odd{"MetadataTwice",
            event("ADDED", R"({"metadata":{"name":"x"},"metadata":["leader-elector.io/"]})")},
        Odd{"NoUid", event("ADDED", marked(R"("name":"x","namespace":"n")"))},
        Odd{"NameOfNumbers", event("ADDED", marked(R"("name":7,"namespace":"n","uid":"u")"))},
        Odd{"NameOfAMegabyte",
            event("ADDED", marked(R"("namespace":"n","uid":"u","name":")" + kMegabyte + "\""))},
        Odd{"NumberOfAMegabyte",
            event("ADDED", R"({"metadata":{"generation":)" + kMegabyte + "}}")},
        Odd{"LoneSurrogate", event("ADDED", marked(R"("name":"\ud800","namespace":"n","uid":"")"))},
        Odd{"BytesThatAreNoText", event("ADDED", marked("\"name\":\"\xff\xc0\",\"uid\":\"\""))},
        Odd{"ControlCharacters", event("ADDED", marked("\"name\":\"a\x01\x1f\",\"uid\":\"u\""))},
        Odd{"BrokenOff", R"({"type":"ADDED","object":{"metadata":{"name":)"
                         "\n"},
        Odd{"TwoOnALine", R"({"type":"ADDED","object":{}}{"type":"ADDED","object":{}})"
                          "\n"}),
    nameOf);

TEST_F(InformerTest, TakesLinesThatEndAsThoseOfATextFile) {
    follow({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(list(""));
        peer.readRequest();
        peer.send(kStream + "  {\"type\" : \"ADDED\" ,\t\"object\" : " + kept("a") + " }\r\n" +
                  event("ADDED", kept("z")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(3), ElementsAre("synced", "+a", "+z"));
}

class OddListTest : public InformerTest, public testing::WithParamInterface<Odd> {};

TEST_P(OddListTest, IsReadAsFarAsItGoesAndWatchedFrom) {
    std::string request;
    follow({[&](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(answerOf(200, GetParam().text));
        request = peer.readRequest();
        peer.send(kStream + event("ADDED", kept("z")));
        peer.awaitClose();
    }});
    EXPECT_THAT(notes_.await(2), ElementsAre("synced", "+z"));
    EXPECT_THAT(request, HasSubstr("watch=1&"));
    EXPECT_EQ(captured_.count("list or watch failed"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Lists, OddListTest,
    testing::Values(
        Odd{"NoItems", R"({"metadata":{"resourceVersion":"5"}})"},
        Odd{"NullItems", R"({"metadata":{"resourceVersion":"5"},"items":null})"},
        Odd{"ItemsThatAreAMap", R"({"metadata":{"resourceVersion":"5"},"items":{"a":1}})"},
        Odd{"ItemsOfNull",
            R"({"items":[null,7,"leader-elector.io/",[]],"metadata":{"resourceVersion":"5"}})"},
        Odd{"EmptyItemsTwice", R"({"items":[],"metadata":{"resourceVersion":"5"},"items":[{}]})"},
        Odd{"NullContinue",
            R"({"metadata":{"resourceVersion":"5","continue":null,"remainingItemCount":null},"items":[]})"},
        Odd{"ItemWithoutAName", R"({"metadata":{"resourceVersion":"5"},"items":[)" +
                                    marked(R"("namespace":"n","uid":"u")") + "]}"},
        Odd{"Blanks",
            " \r\n{ \"metadata\" : { \"resourceVersion\" : \"5\" } , \"items\" : [ ] }\r\n"}),
    nameOf);

}  // namespace
}  // namespace injector::cluster
