#include "injector/cluster/object_meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace injector::cluster {
namespace {

using elector::kubernetes::ErrorKind;
using testing::ElementsAre;
using testing::Pair;

TEST(ObjectMetaTest, IsReadOfAnyObject) {
    const auto meta = parseMeta(R"({"kind":"PartialObjectMetadata","metadata":{
        "name":"web","namespace":"shop","uid":"u1","resourceVersion":"7","generation":3,
        "creationTimestamp":"2026-01-02T03:04:05Z","deletionTimestamp":null,
        "labels":{"a":"b"},"annotations":{"x":"y","odd":5},
        "ownerReferences":[
            {"apiVersion":"v1","kind":"Thing","name":"t","uid":"u2"},
            {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u3","controller":true}],
        "managedFields":[
            {"manager":"kubectl-rollout","operation":"Update","fieldsV1":{
                "f:injector.leader-elector.io/copied":{}}}]},
        "spec":{"metadata":{"name":"other"}}})");
    ASSERT_TRUE(meta.ok()) << meta.error().message;
    const ObjectMeta& read = meta.value();
    EXPECT_EQ(read.key.text(), "shop/web");
    EXPECT_EQ(read.uid, "u1");
    EXPECT_EQ(read.resourceVersion, "7");
    EXPECT_EQ(read.generation, 3);
    EXPECT_TRUE(read.created.has_value());
    EXPECT_FALSE(read.deleted.has_value());
    EXPECT_THAT(read.labels, ElementsAre(Pair("a", "b")));
    EXPECT_THAT(read.annotations, ElementsAre(Pair("x", "y")));
    EXPECT_EQ(read.annotation("none"), "");
    ASSERT_EQ(read.owners.size(), 2U);
    ASSERT_NE(read.controller(), nullptr);
    EXPECT_EQ(*read.controller(), (OwnerReference{"apps/v1", "ReplicaSet", "web-1", "u3", true}));
    EXPECT_TRUE(read.hasCopies);
}

TEST(ObjectMetaTest, IsMalformedWithoutNameOrUid) {
    for (const auto* text :
         {"", "[]", "{", R"({"metadata":{"name":"web"}})", R"({"metadata":{"uid":"u"}})",
          R"({"metadata":{"name":5,"uid":"u"}})", R"({"metadata":[]})"}) {
        const auto meta = parseMeta(text);
        ASSERT_FALSE(meta.ok()) << text;
        EXPECT_EQ(meta.error().kind, ErrorKind::Malformed);
    }
}

TEST(ObjectMetaTest, TakesMembersOfAWrongTypeAsAbsent) {
    const auto meta = parseMeta(
        R"({"metadata":{"name":"web","uid":"u","labels":[1],"annotations":"x","generation":"5",
            "ownerReferences":{"a":1},"managedFields":5,"creationTimestamp":"yesterday"}})");
    ASSERT_TRUE(meta.ok());
    EXPECT_TRUE(meta.value().labels.empty());
    EXPECT_TRUE(meta.value().annotations.empty());
    EXPECT_TRUE(meta.value().owners.empty());
    EXPECT_EQ(meta.value().generation, 0);
    EXPECT_FALSE(meta.value().created.has_value());
    EXPECT_EQ(meta.value().controller(), nullptr);
}

}  // namespace
}  // namespace injector::cluster
