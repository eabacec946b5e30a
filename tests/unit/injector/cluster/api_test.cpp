#include "injector/cluster/api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "injector/cluster/resource.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace injector::cluster {
namespace {

using elector::kubernetes::Access;
using elector::kubernetes::answerOf;
using elector::kubernetes::ErrorKind;
using elector::kubernetes::ScriptedPeer;
using elector::kubernetes::ScriptedServer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string status(int code) {
    return fmt::format(R"({{"kind":"Status","code":{},"message":"as the test orders"}})", code);
}

// Serves one connection with these answers in turn, and keeps the requests.
class ApiTest : public testing::Test {
  protected:
    Api& serve(std::vector<std::string> answers) {
        server_.emplace(std::vector<ScriptedServer::Script>{
            [this, answers = std::move(answers)](ScriptedPeer& peer) {
                for (const auto& answer : answers) {
                    requests_.push_back(peer.readRequest());
                    peer.send(answer);
                }
                peer.awaitClose();
            }});
        Access access;
        access.server = server_->endpoint();
        access.origin = "a test";
        return api_.emplace(access, clock_, stop_.get_token());
    }
    // What was asked; no more can be asked after it.
    const std::vector<std::string>& requests() {
        api_.reset();
        server_.reset();
        return requests_;
    }

    elector::runtime::SystemClock clock_;
    std::stop_source stop_;
    std::vector<std::string> requests_;
    std::optional<ScriptedServer> server_;
    std::optional<Api> api_;
};

// An object, and what is kept of it.
std::string object(int number) {
    return fmt::format(R"({{"kind":"Pod","metadata":{{"name":"{}","labels":{{"a":"b"}}}}}})",
                       number);
}
std::string kept(int number) {
    return fmt::format(R"({{"kind":"Pod","metadata":{{"name":"{}","labels":{{}}}}}})", number);
}

std::string page(const std::string& items, const std::string& next, const std::string& version) {
    return answerOf(200, fmt::format(R"({{"metadata":{{"resourceVersion":"{}","continue":"{}"}},)"
                                     R"("items":[{}]}})",
                                     version, next, items));
}

TEST_F(ApiTest, GetsAnObjectOrNothing) {
    auto& api =
        serve({answerOf(200, R"({"a":1})"), answerOf(404, status(404)), answerOf(200, object(1)),
               answerOf(404, "no API"), answerOf(500, status(500))});
    EXPECT_EQ(api.get("/x").value(), R"({"a":1})");
    EXPECT_EQ(api.get("/x").value(), std::nullopt);
    EXPECT_EQ(api.getMetadata("/x").value(), kept(1));
    EXPECT_EQ(api.get("/x").error().kind, ErrorKind::Malformed) << "a proxy's 404 says nothing";
    EXPECT_EQ(api.get("/x").error().kind, ErrorKind::Server);
    const auto& asked = requests();
    EXPECT_THAT(asked.at(0),
                AllOf(StartsWith("GET /x HTTP/1.1"), HasSubstr("Accept: application/json\r\n")));
    EXPECT_THAT(asked.at(2), HasSubstr("Accept: application/json;as=PartialObjectMetadata;"
                                       "g=meta.k8s.io;v=v1\r\n"));
}

TEST_F(ApiTest, ListsInPages) {
    auto& api = serve({page(object(1) + "," + object(2), "a+b=", "5"), page(object(3), "", "6")});
    std::vector<std::string> items;
    const auto version = api.list("/pods", "labelSelector=x%3Dy",
                                  [&](std::string_view item) { items.emplace_back(item); });
    ASSERT_TRUE(version.ok()) << version.error().message;
    EXPECT_EQ(version.value(), "6");
    EXPECT_THAT(items, ElementsAre(kept(1), kept(2), kept(3)));
    EXPECT_THAT(requests(),
                ElementsAre(AllOf(StartsWith("GET /pods?limit=200&labelSelector=x%3Dy HTTP"),
                                  HasSubstr("as=PartialObjectMetadataList;")),
                            StartsWith("GET /pods?limit=200&labelSelector=x%3Dy&"
                                       "continue=a%2Bb%3D HTTP")));
}

TEST_F(ApiTest, BeginsAListAnewThatTheServerForgot) {
    auto& api =
        serve({page(object(1), "next", "5"), answerOf(410, status(410)), page(object(2), "", "9")});
    std::vector<std::string> items;
    const auto version = api.list(
        "/pods", "", [&](std::string_view item) { items.emplace_back(item); },
        [&] { items.clear(); });
    ASSERT_TRUE(version.ok()) << version.error().message;
    EXPECT_EQ(version.value(), "9");
    EXPECT_THAT(items, ElementsAre(kept(2)));
    EXPECT_THAT(requests().at(2), StartsWith("GET /pods?limit=200 HTTP"));
}

TEST_F(ApiTest, EndsAListThatIsForgottenAgainAndAgain) {
    std::vector<std::string> answers;
    for (int count = 0; count < 10; ++count) {
        answers.push_back(page("", "next", "5"));
        answers.push_back(answerOf(410, status(410)));
    }
    auto& api = serve(answers);
    const auto version = api.list("/pods", "", [](std::string_view) {});
    ASSERT_FALSE(version.ok());
    EXPECT_EQ(version.error().kind, ErrorKind::Gone);
}

TEST_F(ApiTest, AsksForSmallerPagesWhereOneDoesNotComeToItsEnd) {
    const auto whole = page(object(1) + "," + object(2), "", "5");
    server_.emplace(std::vector<ScriptedServer::Script>{
        [&](ScriptedPeer& peer) {
            requests_.push_back(peer.readRequest());
            peer.send(std::string_view(whole).substr(0, whole.size() - 60));
        },
        [&](ScriptedPeer& peer) {
            requests_.push_back(peer.readRequest());
            peer.send(page(object(1), "", "5"));
            peer.awaitClose();
        }});
    Access access;
    access.server = server_->endpoint();
    auto& api = api_.emplace(access, clock_, stop_.get_token());
    std::vector<std::string> items;
    const auto version = api.list(
        "/pods", "", [&](const Item& item) { items.emplace_back(item.text); },
        [&] { items.emplace_back("again"); });
    ASSERT_TRUE(version.ok()) << version.error().message;
    EXPECT_THAT(items, ElementsAre(kept(1), "again", kept(1)));
    EXPECT_THAT(requests().at(1), StartsWith("GET /pods?limit=100 HTTP"));
}

TEST_F(ApiTest, KeepsOneObjectOfAListAtATimeAndOfItWhatIsUsed) {
    constexpr int kObjects = 40;
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    std::string items;
    for (int index = 0; index < kObjects; ++index) {
        items += fmt::format(
            R"({}{{"metadata":{{"name":"{}","managedFields":{},"annotations":{{"foreign":"{}",)"
            R"("leader-elector.io/inject":"true","leader-elector.io/status":"{}"}}}}}})",
            index == 0 ? "" : ",", index, deep, std::string(200'000, 'f'), std::string(5000, 's'));
    }
    auto& api = serve({page(items, "", "5")});
    int count = 0;
    const auto version = api.list("/pods", "", [&](const Item& item) {
        EXPECT_EQ(item.text,
                  fmt::format(R"({{"metadata":{{"name":"{}","managedFields":[],)"
                              R"("annotations":{{"leader-elector.io/inject":"true"}}}}}})",
                              count++));
        EXPECT_EQ(item.leftOut, 1U);
    });
    ASSERT_TRUE(version.ok()) << version.error().message;
    EXPECT_EQ(count, kObjects);
}

TEST_F(ApiTest, SaysWhereAListIsNone) {
    const std::vector<std::string> kNoJson{
        "<html>", "", R"({"metadata":{"resourceVersion":"1"},"items":[})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":)",
        R"({"metadata":{"resourceVersion":"1"},"items":[]}])"};
    const std::vector<std::string> kNoVersion{R"({"items":[]})", "[]", R"({"metadata":null})",
                                              R"({"metadata":{"resourceVersion":1},"items":[]})",
                                              R"({"metadata":{"resourceVersion":""},"items":[]})"};
    std::vector<std::string> answers;
    for (const auto& text : kNoJson) {
        answers.push_back(answerOf(200, text));
    }
    for (const auto& text : kNoVersion) {
        answers.push_back(answerOf(200, text));
    }
    auto& api = serve(answers);
    for (const auto& answer : answers) {
        SCOPED_TRACE(answer);
        const auto version = api.list("/pods", "", [](const Item&) {});
        ASSERT_FALSE(version.ok());
        EXPECT_EQ(version.error().kind, ErrorKind::Malformed);
        const bool isJson = &answer - answers.data() >= static_cast<long>(kNoJson.size());
        EXPECT_THAT(version.error().message,
                    HasSubstr(isJson ? "has no metadata.resourceVersion" : "is not JSON"));
    }
}

TEST_F(ApiTest, WritesAsItsManager) {
    auto& api = serve({answerOf(200, R"("applied")"), answerOf(200, R"("forced")"),
                       answerOf(200, R"("merged")"), answerOf(201, R"("created")"),
                       answerOf(409, status(409))});
    EXPECT_EQ(api.apply("/x", "{1}", Api::Force::No).value(), R"("applied")");
    EXPECT_EQ(api.apply("/x", "{2}", Api::Force::Yes).value(), R"("forced")");
    EXPECT_EQ(api.mergePatch("/x", "{3}").value(), R"("merged")");
    EXPECT_EQ(api.create("/all", "{4}").value(), R"("created")");
    EXPECT_EQ(api.apply("/x", "{5}", Api::Force::No).error().kind, ErrorKind::Conflict);
    const auto& asked = requests();
    EXPECT_THAT(asked.at(0), AllOf(StartsWith("PATCH /x?fieldManager=leader-elector-injector HTTP"),
                                   HasSubstr("Content-Type: application/apply-patch+yaml\r\n"),
                                   HasSubstr("\r\n\r\n{1}")));
    EXPECT_THAT(asked.at(1),
                StartsWith("PATCH /x?fieldManager=leader-elector-injector&force=true HTTP"));
    EXPECT_THAT(asked.at(2), AllOf(StartsWith("PATCH /x?fieldManager=leader-elector-injector HTTP"),
                                   HasSubstr("Content-Type: application/merge-patch+json\r\n")));
    EXPECT_THAT(asked.at(3),
                AllOf(StartsWith("POST /all?fieldManager=leader-elector-injector HTTP"),
                      HasSubstr("Content-Type: application/json\r\n")));
}

TEST_F(ApiTest, DeletesTheObjectThatItMeansAndNoOther) {
    auto& api = serve({answerOf(200, "{}"), answerOf(200, "{}"), answerOf(404, status(404)),
                       answerOf(409, status(409))});
    EXPECT_TRUE(api.remove("/x", "u1").ok());
    EXPECT_TRUE(api.remove("/x", "u1", "7").ok());
    EXPECT_TRUE(api.remove("/x", "u1").ok()) << "it is gone already";
    EXPECT_EQ(api.remove("/x", "u1").error().kind, ErrorKind::Conflict);
    const auto& asked = requests();
    EXPECT_THAT(asked.at(0),
                AllOf(StartsWith("DELETE /x HTTP"), HasSubstr(R"("preconditions":{"uid":"u1"}})")));
    EXPECT_THAT(asked.at(1), HasSubstr(R"("preconditions":{"uid":"u1","resourceVersion":"7"}})"));
}

TEST_F(ApiTest, TellsWhetherAWatchEndedOrItsVersionIsTooOld) {
    const auto line = [](const std::string& text) {
        return "HTTP/1.1 200 OK\r\n\r\n" + text + "\n";
    };
    std::vector<std::string> seen;
    const auto each = [&](const elector::kubernetes::WatchEvent& event) {
        seen.push_back(event.type + event.object);
        return true;
    };
    server_.emplace(std::vector<ScriptedServer::Script>{
        [&](ScriptedPeer& peer) {
            requests_.push_back(peer.readRequest());
            peer.send(line(R"({"type":"ADDED","object":)" + object(1) + "}"));
        },
        [&](ScriptedPeer& peer) {
            peer.readRequest();
            peer.send(line(R"({"type":"ERROR","object":)" + status(410) + "}"));
        }});
    Access access;
    access.server = server_->endpoint();
    auto& api = api_.emplace(access, clock_, stop_.get_token());
    const auto ended = api.watch("/pods", "a=b", "5", each);
    EXPECT_EQ(ended.kind, ErrorKind::Gone);
    EXPECT_EQ(ended.httpStatus, 0);
    const auto tooOld = api.watch("/pods", "", "5", each);
    EXPECT_EQ(tooOld.kind, ErrorKind::Gone);
    EXPECT_EQ(tooOld.httpStatus, 410);
    EXPECT_THAT(seen, ElementsAre("ADDED" + kept(1)));
    EXPECT_THAT(requests().at(0),
                AllOf(StartsWith("GET /pods?watch=1&allowWatchBookmarks=true&resourceVersion=5&"
                                 "timeoutSeconds="),
                      HasSubstr("&a=b HTTP"), Not(HasSubstr("limit="))));
}

TEST_F(ApiTest, EndsACallWhenAStopIsRequested) {
    auto& api = serve({});
    stop_.request_stop();
    EXPECT_EQ(api.get("/x").error().kind, ErrorKind::TimedOut);
}

}  // namespace
}  // namespace injector::cluster
