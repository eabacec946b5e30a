#include "elector/kubernetes/lease_json.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace elector::kubernetes {
namespace {

TEST(LeaseOwnerTest, TellsWhatElectorsWroteFromWhatOthersDid) {
    struct Case {
        const char* what;
        const char* metadata;
        const char* spec;
        bool isElectors;
    };
    for (const auto& [what, metadata, spec, expected] : std::initializer_list<Case>{
             {"client-go's", "", R"("holderIdentity":"operator-0_5b8f7b4e")", false},
             {"client-go's, released", "", R"("holderIdentity":"","leaseDurationSeconds":1)",
              false},
             {"made beforehand", "", "", true},
             {"made beforehand, by helm", R"(,"labels":{"app.kubernetes.io/managed-by":"Helm"})",
              "", true},
             {"with times alone", "", R"("renewTime":"2026-01-02T03:04:05.000006Z")", false},
             {"with a foreign label", R"(,"labels":{"app.kubernetes.io/managed-by":"Helm"})",
              R"("holderIdentity":"a")", false},
             {"with a session", R"(,"annotations":{"leader-elector.io/session":"1/2"})",
              R"("holderIdentity":"web-0")", true},
             {"vacant", "", R"("holderIdentity":"leader-elector.io/vacant")", true},
             {"ours, released",
              R"(,"labels":{"app.kubernetes.io/managed-by":"leader-elector-injector"})",
              R"("holderIdentity":"")", true}}) {
        const auto text =
            R"({"metadata":{"name":"web","namespace":"shop","uid":"1","resourceVersion":"2")" +
            std::string(metadata) + R"(},"spec":{)" + spec + "}}";
        const auto lease = parseLease(text);
        ASSERT_TRUE(lease) << what;
        EXPECT_EQ(isElectors(lease.value()), expected) << what;
    }
}

}  // namespace
}  // namespace elector::kubernetes
