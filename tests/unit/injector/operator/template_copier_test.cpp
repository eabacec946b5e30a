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

TEST(TemplateCopierTest, GivesNothingWhereAControllerWritesTheTemplate) {
    auto meta = annotated({{"leader-elector.io/inject", "true"}});
    EXPECT_TRUE(isCopied(cluster::kDeployments, meta));
    meta.owners = {{"example.com/v1", "App", "web", "u2", false}};
    EXPECT_TRUE(isCopied(cluster::kDeployments, meta));
    meta.owners[0].isController = true;
    EXPECT_THAT(annotationsToCopy(meta), IsEmpty());
    EXPECT_FALSE(isCopied(cluster::kDeployments, meta));
}

TEST(TemplateCopierTest, KnowsWhatItsTemplateWasGiven) {
    auto meta = annotated({});
    EXPECT_FALSE(isCopied(cluster::kDeployments, meta));
    meta.appliedFields =
        R"({"f:spec":{"f:template":{"f:metadata":{"f:annotations":{
            "f:leader-elector.io/inject":{},"f:example.com/x":{},".":{},"x":{}}}}}})";
    EXPECT_THAT(copiedNames(cluster::kDeployments, meta), ElementsAre("leader-elector.io/inject"));
    EXPECT_THAT(copiedNames(cluster::kCronJobs, meta), IsEmpty());
    EXPECT_TRUE(isCopied(cluster::kDeployments, meta)) << "to take it away";
    meta.appliedFields = R"({"f:spec":{"f:jobTemplate":)" + meta.appliedFields + "}}";
    EXPECT_THAT(copiedNames(cluster::kCronJobs, meta), ElementsAre("leader-elector.io/inject"));
    for (const auto* odd : {"", "[]", R"({"f:spec":5})"}) {
        meta.appliedFields = odd;
        EXPECT_THAT(copiedNames(cluster::kDeployments, meta), IsEmpty()) << odd;
    }
}

TEST(TemplateCopierTest, IsAppliedAtThePlaceOfItsKind) {
    const Annotations annotations{{"leader-elector.io/inject", "tr\"ue"}};
    EXPECT_EQ(copyBody(cluster::kDeployments, {"shop", "web"}, "u", annotations),
              R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",)"
              R"("namespace":"shop","uid":"u"},"spec":{"template":{"metadata":{"annotations":)"
              R"({"leader-elector.io/inject":"tr\"ue"}}}}})");
    EXPECT_EQ(copyBody(cluster::kCronJobs, {"shop", "web"}, "u", annotations),
              R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"web",)"
              R"("namespace":"shop","uid":"u"},"spec":{"jobTemplate":{"spec":{"template":)"
              R"({"metadata":{"annotations":{"leader-elector.io/inject":"tr\"ue"}}}}}}})");
    EXPECT_EQ(copyBody(cluster::kJobs, {"shop", "web"}, "u", {}),
              R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"web",)"
              R"("namespace":"shop","uid":"u"}})");
}

TEST(TemplateCopierTest, LeavesWhatItsTemplateSaysOtherwise) {
    const auto present = templateAnnotations(
        cluster::kDeployments,
        R"({"spec":{"template":{"metadata":{"annotations":{"leader-elector.io/a":"1",
            "leader-elector.io/b":"2","other":"3"}}}}})");
    EXPECT_THAT(present,
                ElementsAre(Pair("leader-elector.io/a", "1"), Pair("leader-elector.io/b", "2")));
    EXPECT_THAT(contested({{"leader-elector.io/a", "1"},
                           {"leader-elector.io/b", "x"},
                           {"leader-elector.io/c", "y"}},
                          present),
                ElementsAre("leader-elector.io/b"));
}

}  // namespace
}  // namespace injector::operators
