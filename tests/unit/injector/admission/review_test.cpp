#include "injector/admission/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/injector/admission/pod_text.h"
#include "tests/unit/injector/admission/review_support.h"

namespace injector::admission {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// `text` with the first `from` replaced by `to`. Fails where there is none.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

ReviewAnswer answerTo(const std::string& body) {
    return review(body, someDefaults());
}

TEST(ReviewTest, EchoesVersionKindAndUid) {
    const ReadAnswer answer = readAnswer(answerTo(reviewOf(askingPod())));
    EXPECT_EQ(answer.apiVersion, "admission.k8s.io/v1");
    EXPECT_EQ(answer.kind, "AdmissionReview");
    EXPECT_EQ(answer.uid, "705ab4f5-6393-11e8-b7cc-42010a800002");
}

TEST(ReviewTest, EchoesTheUidAsItWasWritten) {
    const std::string uid = R"("\u0037\"\\05\/\u00e9\ud83d\ude00")";
    const ReviewAnswer answer =
        answerTo(with(reviewOf(askingPod()), "\"705ab4f5-6393-11e8-b7cc-42010a800002\"", uid));
    EXPECT_NE(answer.body.find("\"uid\":" + uid + ","), std::string::npos) << answer.body;
    EXPECT_EQ(readAnswer(answer).uid, "7\"\\05/\u00e9\U0001F600");
}

TEST(ReviewTest, InjectsByAPatch) {
    const ReviewAnswer answer = answerTo(reviewOf(askingPod()));
    const ReadAnswer read = readAnswer(answer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.verdict, Verdict::Injected);
    EXPECT_TRUE(read.allowed);
    EXPECT_EQ(read.patchType, "JSONPatch");
    EXPECT_EQ(read.patch, admit(askingPod(), "default", someDefaults()).patch);
    EXPECT_THAT(read.warnings, IsEmpty());
}

TEST(ReviewTest, RefusesWithTheSentence) {
    const ReviewAnswer answer = answerTo(reviewOf(askingPod({{"port", "http"}})));
    const ReadAnswer read = readAnswer(answer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.verdict, Verdict::Refused);
    EXPECT_FALSE(read.allowed);
    EXPECT_EQ(read.code, 422);
    EXPECT_EQ(read.reason, "Invalid");
    EXPECT_EQ(
        read.message,
        "annotation leader-elector.io/port \"http\" is refused: allowed is a number from 1 to "
        "65535");
    EXPECT_EQ(read.patchType, "");
    EXPECT_EQ(read.patch, "");
    EXPECT_THAT(read.warnings, IsEmpty());
}

TEST(ReviewTest, SkipsWithAWarning) {
    const ReviewAnswer answer = answerTo(reviewOf(askingPod(), "kube-public"));
    const ReadAnswer read = readAnswer(answer);
    EXPECT_EQ(answer.verdict, Verdict::Skipped);
    EXPECT_TRUE(read.allowed);
    EXPECT_EQ(read.patchType, "JSONPatch");
    EXPECT_THAT(read.warnings, ElementsAre("no leader-elector was injected: Pods in the namespace "
                                           "kube-public get no sidecar"));
}

TEST(ReviewTest, WarnsOfAnnotationsThatAskForNothing) {
    const ReviewAnswer answer = answerTo(reviewOf(podWith({{"lease-name", "web"}})));
    const ReadAnswer read = readAnswer(answer);
    EXPECT_EQ(answer.verdict, Verdict::NotAsked);
    EXPECT_TRUE(read.allowed);
    EXPECT_EQ(read.patchType, "");
    EXPECT_THAT(read.warnings,
                ElementsAre("the Pod has annotations of the injector, but not "
                            "leader-elector.io/inject \"true\"; so it gets no sidecar"));
}

TEST(ReviewTest, AnswersADryRunAsItWouldAnswerTheRun) {
    const std::string body = reviewOf(askingPod());
    EXPECT_EQ(answerTo(with(body, "\"dryRun\":false", "\"dryRun\":true")).body,
              answerTo(body).body);
}

TEST(ReviewTest, TakesAPodWithoutName) {
    const std::string pod =
        with(askingPod(), R"("name":"web-0")", R"("generateName":"web-","namespace":"")");
    EXPECT_EQ(answerTo(reviewOf(pod)).verdict, Verdict::Injected);
}

TEST(ReviewTest, TakesTheNamespaceOfTheRequest) {
    const std::string pod = with(askingPod(), R"("name":"web-0")", R"("namespace":"kube-system")");
    EXPECT_EQ(answerTo(reviewOf(pod, "default")).verdict, Verdict::Injected);
    EXPECT_EQ(answerTo(with(reviewOf(pod, "default"), R"("namespace":"default",)", "")).verdict,
              Verdict::Skipped);
}

struct Unfit {
    std::string from;
    std::string to;
    std::string warning;
};

TEST(ReviewTest, AllowsUnchangedWhatIsNoPod) {
    const std::string resource = R"("resource":{"group":"","version":"v1","resource":"pods"})";
    const std::string start = "no leader-elector was injected: the injector was asked about ";
    const std::vector<Unfit> cases{
        {resource, R"("resource":{"group":"apps","version":"v1","resource":"deployments"})",
         start + "\"apps/v1 deployments\", and changes Pods (v1 pods) alone"},
        {resource, R"("resource":{"group":"","version":"v2","resource":"pods"})",
         start + "\"v2 pods\", and changes Pods (v1 pods) alone"},
        {resource, resource + R"(,"subResource":"exec")",
         start + "\"v1 pods/exec\", and changes Pods (v1 pods) alone"},
        {resource, R"("resource":{"version":"v1","resource":"po\nds"})",
         start + R"("v1 po\nds", and changes Pods (v1 pods) alone)"},
        {resource, R"("resource":"pods")", start + "\" \", and changes Pods (v1 pods) alone"},
        {resource + ",", "", start + "\" \", and changes Pods (v1 pods) alone"},
        {R"("object":{"apiVersion")", R"("object":null,"other":{"apiVersion")",
         "no leader-elector was injected: the request has no object"},
        {R"("object":{"apiVersion")", R"("object":[],"other":{"apiVersion")",
         "no leader-elector was injected: the Pod is an array, not an object"},
    };
    for (const auto& [from, to, warning] : cases) {
        const ReviewAnswer answer = answerTo(with(reviewOf(askingPod()), from, to));
        const ReadAnswer read = readAnswer(answer);
        EXPECT_EQ(answer.status, 200) << to;
        EXPECT_EQ(answer.verdict, Verdict::Failed) << to;
        EXPECT_TRUE(read.allowed) << to;
        EXPECT_EQ(read.patchType, "") << to;
        EXPECT_THAT(read.warnings, ElementsAre(warning)) << to;
    }
}

TEST(ReviewTest, LeavesOperationsOtherThanCreationsAlone) {
    for (const char* operation : {"UPDATE", "DELETE", "CONNECT", "create", ""}) {
        const std::string member = std::string("\"operation\":\"") + operation + "\"";
        const ReviewAnswer answer =
            answerTo(with(reviewOf(askingPod()), R"("operation":"CREATE")", member));
        EXPECT_EQ(answer.verdict, Verdict::NotAsked) << operation;
        EXPECT_TRUE(readAnswer(answer).allowed) << operation;
        EXPECT_EQ(readAnswer(answer).patchType, "") << operation;
        EXPECT_THAT(readAnswer(answer).warnings, IsEmpty()) << operation;
    }
}

TEST(ReviewTest, IsABadRequestWhereItIsNoReview) {
    const std::string body = reviewOf(askingPod());
    const std::string uid = R"("uid":"705ab4f5-6393-11e8-b7cc-42010a800002",)";
    const std::string version = R"("apiVersion":"admission.k8s.io/v1")";
    const std::string noReview = "the body is no AdmissionReview of admission.k8s.io/v1";
    const std::string noUid = "the AdmissionReview has a request without uid";
    const std::string noJson = "the body is no JSON";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", noJson},
        {"{", noJson},
        {body + "x", noJson},
        {std::string(1'000'000, '['), noJson},
        {std::string("\0", 1), noJson},
        {"null", noReview},
        {"[]", noReview},
        {"{}", noReview},
        {with(body, version, R"("apiVersion":"admission.k8s.io/v1beta1")"), noReview},
        {with(body, version, R"("apiVersion":1)"), noReview},
        {with(body, version + ",", ""), noReview},
        {with(body, R"("kind":"AdmissionReview")", R"("kind":"Pod")"), noReview},
        {R"({"kind":"AdmissionReview",)" + version + "}", "the AdmissionReview has no request"},
        {R"({"kind":"AdmissionReview",)" + version + R"(,"request":[]})",
         "the AdmissionReview has no request"},
        {with(body, uid, ""), noUid},
        {with(body, uid, R"("uid":"",)"), noUid},
        {with(body, uid, R"("uid":7,)"), noUid},
        {with(body, uid, R"("uid":"\ud800",)"), noUid},
        {with(body, uid, "\"uid\":\"\xff\","), noUid},
    };
    for (const auto& [text, sentence] : cases) {
        const ReviewAnswer answer = answerTo(text);
        EXPECT_EQ(answer.status, 400) << text.substr(0, 300);
        EXPECT_EQ(answer.body, sentence) << text.substr(0, 300);
        EXPECT_EQ(answer.verdict, Verdict::Failed);
    }
}

TEST(ReviewTest, WarnsInLessThan256Characters) {
    const std::string resource = R"("resource":"pods"})";
    for (const std::string& name :
         {std::string(10'000, 'x'), std::string(10'000, '\x7f'), std::string(4'000, '\\')}) {
        const ReadAnswer read = readAnswer(
            answerTo(with(reviewOf(askingPod()), resource, "\"resource\":\"" + name + "\"}")));
        ASSERT_EQ(read.warnings.size(), 1U);
        EXPECT_LT(read.warnings.front().size(), 256U);
    }
}

}  // namespace
}  // namespace injector::admission
