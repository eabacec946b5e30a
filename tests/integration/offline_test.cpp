#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "elector/version.h"
#include "tests/support/temporary_folder.h"

// The program leader-elector-injector itself, as people call `inject`: with files and pipes.
namespace injector::test {
namespace {

using elector::test::readText;
using elector::test::TemporaryFolder;
using elector::test::writeText;

const std::filesystem::path kGoldens = GOLDEN_FOLDER;

struct Outcome {
    int code = 0;
    std::string out;
    std::string err;
};

// Runs the program with `input` as its standard input; `output` is where its standard output goes.
class Program {
  public:
    Outcome inject(std::vector<std::string> arguments, const std::string& input = "",
                   const std::string& output = "") const {
        const std::string out = output.empty() ? folder_.path() + "/out" : output;
        writeText(folder_.path() + "/in", input);
        arguments.insert(arguments.begin(), {INJECTOR_BINARY, "inject"});
        const int status = run(std::move(arguments), out);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.empty() ? readText(out) : "",
                readText(folder_.path() + "/err")};
    }

  private:
    int run(std::vector<std::string> words, const std::string& out) const {
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, (folder_.path() + "/in").c_str(), O_RDONLY,
                                         0);
        constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
        posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), kNew, 0600);
        posix_spawn_file_actions_addopen(&actions, 2, (folder_.path() + "/err").c_str(), kNew,
                                         0600);
        std::vector<char*> argv;
        for (auto& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        char* environment[] = {nullptr};
        pid_t pid = -1;
        const int problem = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environment);
        posix_spawn_file_actions_destroy(&actions);
        if (problem != 0) {
            throw std::system_error(problem, std::generic_category(), argv[0]);
        }
        int status = 0;
        waitpid(pid, &status, 0);
        return status;
    }

    TemporaryFolder folder_;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

std::set<std::string> inputs() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
        const std::string name = entry.path().filename();
        if (name.find(".in.") != std::string::npos) {
            names.insert(name);
        }
    }
    return names;
}

class OfflineGoldenTest : public testing::TestWithParam<std::string> {
  protected:
    std::filesystem::path file(const std::string& ending) const {
        return kGoldens / (GetParam().substr(0, GetParam().find('.')) + ending);
    }

    const std::filesystem::path input_ = kGoldens / GetParam();
    const std::filesystem::path output_ =
        file(replaced(GetParam().substr(GetParam().find('.')), ".in.", ".out."));
    const std::string expected_ = std::filesystem::exists(output_)
                                      ? replaced(readText(output_), "@VERSION@", elector::kVersion)
                                      : "";
    const std::string said_ = readText(file(".said"));
    const Program program_;
};

TEST_P(OfflineGoldenTest, IsPrintedAsExpectedFromAFile) {
    const auto outcome = program_.inject({"-f", input_.string(), "--image=leader-elector:golden"});
    const bool isRefused = !std::filesystem::exists(output_);
    EXPECT_EQ(outcome.code, isRefused ? 1 : 0);
    EXPECT_EQ(outcome.out, expected_);
    EXPECT_EQ(outcome.err, replaced(said_, "FILE", input_.string()) +
                               (isRefused ? "nothing was printed\n" : ""));
}

TEST_P(OfflineGoldenTest, IsPrintedTheSameFromAPipeAndUnchangedFromASecondOne) {
    const std::vector<std::string> arguments{"--filename=-", "--image=leader-elector:golden"};
    const auto first = program_.inject(arguments, readText(input_));
    EXPECT_EQ(first.out, expected_);
    const auto second = program_.inject(arguments, first.out);
    EXPECT_EQ(second.code, 0);
    EXPECT_EQ(second.out, first.out);
}

INSTANTIATE_TEST_SUITE_P(Golden, OfflineGoldenTest, testing::ValuesIn(inputs()),
                         [](const auto& param) {
                             std::string name = param.param.substr(0, param.param.find('.'));
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(OfflineTest, TakesTheSidecarsSettingsFromItsFlags) {
    const auto outcome = Program().inject(
        {"-f", "-", "--namespace=shop", "--image=example.org/elector:7", "--mode=container",
         "--lease-duration=30s", "--cpu-limit=1", "--cpu-request=1"},
        readText(kGoldens / "deployment.in.yaml"));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    for (const auto* part : {"image: example.org/elector:7\n", "\"--lease-duration=30s\"\n",
                             "\"--on-shutdown=expire\"\n", "cpu: \"1\"\n"}) {
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
    }
}

TEST(OfflineTest, EndsSoonWithAnAliasBomb) {
    std::string bomb = "a0: &a0 [leader-elector.io/inject]\n";
    for (int level = 1; level < 30; ++level) {
        bomb += replaced(replaced("aX: &aX [*aY, *aY, *aY, *aY, *aY, *aY, *aY, *aY]\n", "X",
                                  std::to_string(level)),
                         "Y", std::to_string(level - 1));
    }
    const auto outcome = Program().inject({"-f", "-"}, bomb);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("stand for too much; write the values out"), std::string::npos)
        << outcome.err;
}

TEST(OfflineTest, FailsWhereItsOutputIsLost) {
    const auto outcome =
        Program().inject({"-f", "-"}, readText(kGoldens / "deployment.in.yaml"), "/dev/full");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.err, "the output could not be written\n");
}

TEST(OfflineTest, AsksForAFile) {
    const auto outcome = Program().inject({});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("--filename"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace injector::test
