#include "injector/operator/rbac.h"

#include <gtest/gtest.h>

#include "elector/runtime/json_text.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;

const Grant kGrant{{"shop", "web"},
                   {"one", "two"},
                   {{"apps/v1", "Deployment", "web", "u1", true}, {"v1", "Pod", "p", "u2", false}}};

// What the API server answers after the apply.
std::string stored(RbacKind kind, const Grant& grant) {
    auto text = rbacBody(kind, grant, std::nullopt);
    const auto metadata = std::string(*json_text::member(text, "metadata"));
    return json_text::withMember(
        text, "metadata",
        json_text::withMember(json_text::withMember(metadata, "uid", "\"u\""), "managedFields",
                              "[]"));
}

TEST(RbacTest, GivesARightOnOneLeaseAndOnEvents) {
    EXPECT_EQ(
        rbacBody(RbacKind::Role, kGrant, std::nullopt),
        R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{)"
        R"("name":"leader-elector:web","namespace":"shop",)"
        R"("labels":{"app.kubernetes.io/managed-by":"leader-elector-injector"},)"
        R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"u1"},)"
        R"({"apiVersion":"v1","kind":"Pod","name":"p","uid":"u2"}]},)"
        R"("rules":[{"apiGroups":["coordination.k8s.io"],"resources":["leases"],)"
        R"("resourceNames":["web"],"verbs":["get","list","watch","create","update"]},)"
        R"({"apiGroups":[""],"resources":["events"],"verbs":["create"]}]})");
}

TEST(RbacTest, BindsServiceAccountsToIt) {
    const Grant grant{{"shop", "web"}, {"one"}, {{"v1", "Pod", "p", "u2", false}}};
    ObjectMeta existing;
    existing.uid = "u9";
    existing.resourceVersion = "7";
    EXPECT_EQ(rbacBody(RbacKind::Binding, grant, existing),
              R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{)"
              R"("name":"leader-elector:web","namespace":"shop","uid":"u9","resourceVersion":"7",)"
              R"("labels":{"app.kubernetes.io/managed-by":"leader-elector-injector"},)"
              R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u2"}]},)"
              R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role",)"
              R"("name":"leader-elector:web"},)"
              R"("subjects":[{"kind":"ServiceAccount","name":"one","namespace":"shop"}]})");
}

TEST(RbacTest, MatchesWhatItWroteAndNothingElse) {
    for (const auto kind : {RbacKind::Role, RbacKind::Binding}) {
        EXPECT_TRUE(rbacMatches(kind, stored(kind, kGrant), kGrant));
        auto other = kGrant;
        other.owners.pop_back();
        EXPECT_FALSE(rbacMatches(kind, stored(kind, other), kGrant)) << "an owner less";
        EXPECT_FALSE(rbacMatches(kind, stored(kind, kGrant), other)) << "an owner more";
        auto unlabelled = stored(kind, kGrant);
        unlabelled.replace(unlabelled.find("-injector"), 9, "-other");
        EXPECT_FALSE(rbacMatches(kind, unlabelled, kGrant)) << "without the label";
        EXPECT_FALSE(rbacMatches(kind, "{}", kGrant));
    }
    auto role = stored(RbacKind::Role, kGrant);
    role.replace(role.find("\"get\""), 5, "\"*\"");
    EXPECT_FALSE(rbacMatches(RbacKind::Role, role, kGrant)) << "another verb";
    auto other = kGrant;
    other.serviceAccounts = {"one"};
    EXPECT_FALSE(rbacMatches(RbacKind::Binding, stored(RbacKind::Binding, other), kGrant));
    other = kGrant;
    other.lease.name = "x";
    EXPECT_FALSE(rbacMatches(RbacKind::Binding, stored(RbacKind::Binding, other), kGrant));
    EXPECT_FALSE(bindsRoleOf(stored(RbacKind::Binding, other), kGrant));
    EXPECT_TRUE(bindsRoleOf(stored(RbacKind::Binding, kGrant), kGrant));
}

TEST(RbacTest, MatchesWhateverTheOrderOfMembers) {
    auto role = stored(RbacKind::Role, kGrant);
    role = json_text::withMember(
        role, "rules",
        R"([{"verbs":["get","list","watch","create","update"],"resourceNames":["web"],
             "resources":["leases"],"apiGroups":["coordination.k8s.io"]},
            {"verbs":["create"],"resources":["events"],"apiGroups":[""]}])");
    EXPECT_TRUE(rbacMatches(RbacKind::Role, role, kGrant));
}

TEST(RbacTest, TellsTheLeaseByTheName) {
    EXPECT_EQ(leaseOf({"shop", "leader-elector:web"}), (ObjectKey{"shop", "web"}));
    EXPECT_EQ(leaseOf({"shop", "leader-elector:"}), std::nullopt);
    EXPECT_EQ(leaseOf({"shop", "other:web"}), std::nullopt);
    EXPECT_EQ(rbacPath(RbacKind::Binding, {"shop", "web"}),
              "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/"
              "leader-elector:web");
}

}  // namespace
}  // namespace injector::operators
