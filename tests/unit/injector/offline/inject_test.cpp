#include "injector/offline/manifest.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace injector::offline {
namespace {

constexpr const char* kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{)"
    R"("leader-elector.io/inject":"true","leader-elector.io/lease-name":"a"}},)"
    R"("spec":{"containers":[{"name":"a"}]}})";

struct Outcome {
    int code = 0;
    std::string out;
    std::string err;
};

Outcome run(const std::string& file, const std::string& input = "") {
    config::InjectRequest request;
    request.file = file;
    request.space = "default";
    request.defaults.values["image"] = "leader-elector:test";
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const int code = runInject(request, in, out, err);
    return {code, out.str(), err.str()};
}

TEST(InjectTest, ReadsAFileOrStandardInput) {
    const elector::test::TemporaryFolder folder;
    const auto file = folder.path() + "/pod.json";
    elector::test::writeText(file, kPod);
    const auto fromFile = run(file);
    EXPECT_EQ(fromFile.code, 0);
    EXPECT_EQ(fromFile.err, "");
    EXPECT_NE(fromFile.out.find("--lease-name=a"), std::string::npos);
    const auto fromInput = run("-", kPod);
    EXPECT_EQ(fromInput.code, 0);
    EXPECT_EQ(fromInput.out, fromFile.out);
}

TEST(InjectTest, PrintsNotesBesideTheManifests) {
    const auto outcome = run("-", "a: 1\n");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "a: 1\n");
    EXPECT_EQ(outcome.err,
              "note: standard input: nothing in it asks for a sidecar; annotate a workload or its "
              "Pod template with leader-elector.io/inject: \"true\"\n");
}

TEST(InjectTest, PrintsNothingButTheReasonWhereSomethingIsRefused) {
    const auto outcome = run("-", std::string(kPod) + "\n---\na: b: c\n");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err,
              "standard input: document 2, line 3: this is not valid YAML: mapping values are not "
              "allowed in this context; mend it, or what stands before it\n"
              "nothing was printed\n");
}

TEST(InjectTest, SaysWhyAFileCannotBeRead) {
    const elector::test::TemporaryFolder folder;
    const auto missing = run(folder.path() + "/none.yaml");
    EXPECT_EQ(missing.code, 1);
    EXPECT_EQ(missing.out, "");
    EXPECT_EQ(missing.err,
              folder.path() + "/none.yaml: it cannot be read: No such file or directory\n");
    const auto directory = run(folder.path());
    EXPECT_EQ(directory.code, 1);
    EXPECT_EQ(directory.err, folder.path() +
                                 ": it is a folder; name the files in it one by one, or join "
                                 "them: cat FOLDER/*\n");
}

TEST(InjectTest, FailsWhereItsOutputCannotBeWritten) {
    config::InjectRequest request;
    request.file = "-";
    std::istringstream in("a: 1\n");
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    std::ostringstream err;
    EXPECT_EQ(runInject(request, in, out, err), 1);
    EXPECT_TRUE(err.str().ends_with("the output could not be written\n"));
}

TEST(InjectTest, StopsReadingWhatIsTooLong) {
    const auto outcome = run("-", std::string(std::size_t{11} * 1024 * 1024, '\n'));
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.err,
              "standard input: it is longer than 10 MiB; split it\nnothing was printed\n");
}

}  // namespace
}  // namespace injector::offline
