#include "injector/operator/owners.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/kubernetes/scripted_server.h"

namespace injector::operators {
namespace {

using elector::kubernetes::answerOf;
using elector::kubernetes::ScriptedPeer;
using elector::kubernetes::ScriptedServer;

// An API server with one Deployment `web` in the namespace `theirs`, its ReplicaSet, and nothing
// else; notes which paths were asked for.
class OwnersTest : public testing::Test {
  protected:
    OwnersTest()
        : server_({[](ScriptedPeer& peer) {
              for (auto request = peer.readRequest(); !request.empty();
                   request = peer.readRequest()) {
                  const auto begin = request.find(' ') + 1;
                  peer.send(answerTo(request.substr(begin, request.find(' ', begin) - begin)));
              }
          }}) {
        access_.server = server_.endpoint();
        api_.emplace(access_, clock_, std::stop_token());
        leading_.emplace(*api_, [] { return true; });
        owners_.emplace(*leading_);
    }

    static std::string answerTo(const std::string& path) {
        const std::string apps = "/apis/apps/v1/namespaces/theirs/";
        const std::string spec = R"("spec":{"selector":{"matchLabels":{"app":"web"}},)"
                                 R"("template":{"spec":{"serviceAccountName":"evil"}}}})";
        if (path == apps + "replicasets/web-1") {
            return answerOf(200, R"({"metadata":{"name":"web-1","namespace":"theirs","uid":"r",)"
                                 R"("labels":{"app":"web"},"ownerReferences":[{"apiVersion":)"
                                 R"("apps/v1","kind":"Deployment","name":"web","uid":"d",)"
                                 R"("controller":true}]},)" +
                                     spec);
        }
        if (path == apps + "deployments/web") {
            return answerOf(200,
                            R"({"metadata":{"name":"web","namespace":"theirs","uid":"d"},)" + spec);
        }
        return answerOf(404, R"({"kind":"Status","code":404,"reason":"NotFound"})");
    }

    // What a Pod of the namespace counts as that says it was made by that ReplicaSet.
    std::string workloadOfAPodIn(const std::string& space) {
        ObjectMeta pod;
        pod.key = {space, "pod"};
        pod.uid = "p";
        pod.labels = {{"app", "web"}};
        pod.owners = {{"apps/v1", "ReplicaSet", "web-1", "r", true}};
        const auto found = owners_->workloadOf(pod, "evil");
        if (!found) {
            return found.error().message;
        }
        return found.value().reference.kind + " " + found.value().reference.name;
    }

    elector::runtime::SystemClock clock_;
    ScriptedServer server_;
    elector::kubernetes::Access access_;
    std::optional<Api> api_;
    std::optional<LeadingApi> leading_;
    std::optional<Owners> owners_;
};

// Else whoever has a namespace of their own would make there, of any name and ServiceAccount, the
// workload for which a Pod elsewhere counts.
TEST_F(OwnersTest, WhatWasFoundInOneNamespaceProvesNothingInAnother) {
    EXPECT_EQ(workloadOfAPodIn("theirs"), "Deployment web");
    EXPECT_EQ(workloadOfAPodIn("ours"), "Pod pod");
    EXPECT_EQ(workloadOfAPodIn("theirs"), "Deployment web");
}

}  // namespace
}  // namespace injector::operators
