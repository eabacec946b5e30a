#include "injector/cluster/resource.h"

#include <gtest/gtest.h>

namespace injector::cluster {
namespace {

TEST(ResourceTest, IsFoundUnderItsGroupAndNamespace) {
    EXPECT_EQ(objectPath(kPods, "shop", "web-0"), "/api/v1/namespaces/shop/pods/web-0");
    EXPECT_EQ(objectPath(kDeployments, "shop", "web"),
              "/apis/apps/v1/namespaces/shop/deployments/web");
    EXPECT_EQ(collectionPath(kRoles, ""), "/apis/rbac.authorization.k8s.io/v1/roles");
    EXPECT_EQ(objectPath(kMutatingWebhookConfigurations, "", "x"),
              "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/x");
}

TEST(ResourceTest, LetsNoNameLeaveItsPath) {
    EXPECT_EQ(objectPath(kPods, "a/b", "../x?y#z&w"),
              "/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy%23z%26w");
}

TEST(ResourceTest, EncodesSelectors) {
    EXPECT_EQ(encoded("status.phase!=Failed,a=b"), "status.phase%21%3DFailed%2Ca%3Db");
}

}  // namespace
}  // namespace injector::cluster
