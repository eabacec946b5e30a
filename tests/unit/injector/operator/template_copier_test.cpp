#include "injector/operator/template_copier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace injector::operators {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ObjectMeta annotated(std::map<std::string, std::string> annotations) {
    ObjectMeta meta;
    meta.key = {"shop", "web"};
    meta.uid = "u";
    meta.annotations = std::move(annotations);
    return meta;
}

TEST(TemplateCopierTest, GivesItsTemplateTheAnnotationsOfOurs) {
    EXPECT_THAT(
        annotationsToCopy(annotated({{"leader-elector.io/inject", "true"},
                                     {"leader-elector.io/typo", "x"},
                                     {"leader-elector.io/status", "x"},
                                     {"example.com/other", "x"}})),
        ElementsAre(Pair("leader-elector.io/inject", "true"), Pair("leader-elector.io/typo", "x")));
}

TEST(TemplateCopierTest, KnowsOfWorkloadsThatAskOrWhoseTemplateMayHaveCopies) {
    const auto& kind = cluster::kDeployments;
    EXPECT_FALSE(isAnnotated(kind, annotated({{"example.com/other", "x"}})));
    EXPECT_TRUE(isAnnotated(kind, annotated({{"leader-elector.io/inject", "true"}})));
    auto meta = annotated({});
    meta.hasCopies = true;
    EXPECT_TRUE(isAnnotated(kind, meta)) << "to take them away";
}

TEST(TemplateCopierTest, KnowsOfReplicaSetsThatWereAnnotatedByThemselves) {
    auto meta = annotated({{"leader-elector.io/inject", "true"}});
    EXPECT_TRUE(isAnnotated(cluster::kReplicaSets, meta));
    meta.owners = {{"apps/v1", "Deployment", "web", "d", true}};
    EXPECT_FALSE(isAnnotated(cluster::kReplicaSets, meta)) << "a Deployment's has those of it";
    EXPECT_TRUE(isAnnotated(cluster::kJobs, meta));
}

constexpr const char* kNote = R"("injector.leader-elector.io/copied":)";
constexpr const char* kAnnotationsOf =
    R"({"f:spec":{"f:template":{"f:metadata":{"f:annotations":{)";

// A Deployment whose template has these annotations, with these entries of managed fields.
Subject deployment(const std::string& annotations, const std::string& managers = "") {
    return subjectOf(
               cluster::kDeployments,
               R"({"metadata":{"name":"web","uid":"u","resourceVersion":"7","managedFields":[)" +
                   managers + R"(]},"spec":{"template":{"metadata":{"annotations":{)" +
                   annotations + "}}}}}")
        .value();
}

std::string manager(const std::string& name, const std::string& fields) {
    return R"({"manager":")" + name + R"(","operation":"Update","time":"2026-01-01T00:00:00Z",)" +
           R"("fieldsV1":)" + kAnnotationsOf + fields + "}}}}}}";
}

TEST(TemplateCopierTest, GivesWhatIsMissingAndLeavesWhatTheTemplateSaysOtherwise) {
    const auto plan = planCopy(
        deployment(R"("leader-elector.io/a":"1","leader-elector.io/b":"2","other":"3")"),
        {{"leader-elector.io/a", "1"}, {"leader-elector.io/b", "x"}, {"leader-elector.io/c", "y"}});
    EXPECT_THAT(plan.give, ElementsAre(Pair("leader-elector.io/c", "y")));
    EXPECT_THAT(plan.take, IsEmpty());
    EXPECT_THAT(plan.copies, ElementsAre(Pair("leader-elector.io/c", "y")));
    EXPECT_THAT(plan.lost, ElementsAre("leader-elector.io/b"));
}

TEST(TemplateCopierTest, ChangesAndTakesOnlyWhatItNotedWithThisValue) {
    const auto document = deployment(
        std::string(kNote) +
        R"("{\"leader-elector.io/a\":\"1\",\"leader-elector.io/b\":\"1\",\"leader-elector.io/c\":\"1\"}",)"
        R"("leader-elector.io/a":"1","leader-elector.io/b":"1","leader-elector.io/c":"2")");
    const auto plan = planCopy(document, {{"leader-elector.io/a", "changed"}});
    EXPECT_THAT(plan.give, ElementsAre(Pair("leader-elector.io/a", "changed")));
    EXPECT_THAT(plan.take, ElementsAre("leader-elector.io/b"));
    EXPECT_THAT(plan.lost, IsEmpty());
    EXPECT_TRUE(planCopy(document, {{"leader-elector.io/a", "1"}, {"leader-elector.io/b", "1"}})
                    .isNothing());
}

TEST(TemplateCopierTest, TakesNothingThatSomebodyWroteHimself) {
    const auto annotations =
        std::string(kNote) + R"("{\"leader-elector.io/a\":\"1\"}","leader-elector.io/a":"1")";
    const auto takes = [&](const std::string& managers) {
        return planCopy(deployment(annotations, managers), {}).take;
    };
    EXPECT_THAT(takes(manager("owner", R"("f:leader-elector.io/a":{})")), IsEmpty());
    // Who goes back to an earlier template writes all of it.
    EXPECT_THAT(takes(manager("kubectl-rollout", R"("f:injector.leader-elector.io/copied":{},)"
                                                 R"("f:leader-elector.io/a":{})")),
                ElementsAre("leader-elector.io/a"));
    EXPECT_THAT(takes(manager("leader-elector-injector", R"("f:leader-elector.io/a":{})")),
                ElementsAre("leader-elector.io/a"));
}

TEST(TemplateCopierTest, IsAPatchOfTheObjectAsItWasReadAtThePlaceOfItsKind) {
    const auto cronJob = subjectOf(
        cluster::kCronJobs, R"({"metadata":{"name":"web","uid":"u","resourceVersion":"7"}})");
    CopyPlan plan;
    plan.give = plan.copies = {{"leader-elector.io/a", "x\"y"}};
    plan.take = {"leader-elector.io/b"};
    EXPECT_EQ(planBody(cronJob.value(), plan),
              R"({"spec":{"jobTemplate":{"spec":{"template":{"metadata":{"annotations":)"
              R"({"leader-elector.io/a":"x\"y","leader-elector.io/b":null,)"
              R"("injector.leader-elector.io/copied":"{\"leader-elector.io/a\":\"x\\\"y\"}"}}}}}},)"
              R"("metadata":{"uid":"u","resourceVersion":"7"}})");
    plan = {};
    EXPECT_EQ(planBody(deployment(""), plan), R"({"spec":{"template":{"metadata":{"annotations":)"
                                              R"({"injector.leader-elector.io/copied":null}}}},)"
                                              R"("metadata":{"uid":"u","resourceVersion":"7"}})");
}

TEST(TemplateCopierTest, OwnsNothingButItsNote) {
    const auto other = manager("owner", R"("f:leader-elector.io/a":{})");
    const auto note = std::string(R"("f:injector.leader-elector.io/copied":{})");
    const auto body = disownBody(deployment(
        "",
        other + "," + manager("leader-elector-injector", R"("f:leader-elector.io/a":{},)" + note)));
    EXPECT_EQ(body, R"([{"op":"test","path":"/metadata/managedFields/1/manager",)"
                    R"("value":"leader-elector-injector"},)"
                    R"({"op":"test","path":"/metadata/managedFields/1/operation",)"
                    R"("value":"Update"},)"
                    R"({"op":"replace","path":"/metadata/managedFields/1/fieldsV1","value":)" +
                        std::string(kAnnotationsOf) + note + "}}}}}}]");
    EXPECT_EQ(disownBody(deployment("", other + "," + manager("leader-elector-injector", note))),
              "");
}

TEST(TemplateCopierTest, NamesWhoElseManagesTheSpec) {
    EXPECT_EQ(otherManagers(deployment(
                  "", manager("first", "") + "," + manager("leader-elector-injector", "") + "," +
                          R"({"manager":"last","time":"2026-01-02T00:00:00Z",)"
                          R"("fieldsV1":{"f:spec":{}}},)"
                          R"({"manager":"status","fieldsV1":{"f:status":{}}})")),
              "last, first");
}

}  // namespace
}  // namespace injector::operators
