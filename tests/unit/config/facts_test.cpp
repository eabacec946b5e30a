#include "elector/config/invocation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace elector::config {
namespace {

namespace fs = std::filesystem;

class FactsFolderTest : public testing::Test {
  protected:
    FactsFolderTest() {
        std::string pattern = (fs::temp_directory_path() / "facts-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        folder_ = pattern;
    }
    ~FactsFolderTest() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& content) const {
        std::ofstream(folder_ / name, std::ios::binary) << content;
    }

    fs::path folder_;
};

TEST_F(FactsFolderTest, HoldTheFilesOfTheServiceAccount) {
    write("namespace", "shop");
    write("token", "a.b.c\n");
    const Facts facts = gatherFacts(folder_);
    EXPECT_EQ(facts.serviceAccountNamespace, "shop");
    EXPECT_EQ(facts.serviceAccountToken, "a.b.c\n");
}

TEST_F(FactsFolderTest, DoWithoutTheFiles) {
    const Facts facts = gatherFacts(folder_ / "none");
    EXPECT_FALSE(facts.serviceAccountNamespace);
    EXPECT_FALSE(facts.serviceAccountToken);
}

TEST_F(FactsFolderTest, IgnoreWhatIsNoSmallFile) {
    fs::create_directory(folder_ / "namespace");
    write("token", std::string(64 * 1024 + 1, 'x'));
    const Facts facts = gatherFacts(folder_);
    EXPECT_FALSE(facts.serviceAccountNamespace);
    EXPECT_FALSE(facts.serviceAccountToken);
    write("token", std::string(64 * 1024, 'x'));
    EXPECT_TRUE(gatherFacts(folder_).serviceAccountToken);
}

TEST_F(FactsFolderTest, TellTwoProcessesOfOneMachineApart) {
    const Facts one = gatherFacts(folder_);
    const Facts other = gatherFacts(folder_);
    EXPECT_EQ(one.hostName, other.hostName);
    EXPECT_FALSE(one.hostName.empty());
    EXPECT_EQ(one.random.size(), 8U);
    EXPECT_NE(one.random, other.random);
}

TEST(EnvironmentTest, IsReadAsGetenvReadsIt) {
    const std::array<const char*, 6> variables{"A=1", "B=", "C=x=y", "A=2", "broken", nullptr};
    const auto environment = environmentFrom(variables.data());
    EXPECT_EQ(environment,
              (std::map<std::string, std::string>{{"A", "1"}, {"B", ""}, {"C", "x=y"}}));
}

}  // namespace
}  // namespace elector::config
