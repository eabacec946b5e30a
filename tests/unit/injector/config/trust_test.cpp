#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "tests/unit/injector/config/documents.h"

// docs/trust.md names the tests that hold its promises.
namespace injector {
namespace {

// Whether `file` has the test, or function, `name`: "Suite.Case" or "test_it".
bool hasTest(const std::string& file, const std::string& name) {
    const std::string content = documentAt(file);
    const auto dot = name.find('.');
    if (file.ends_with(".py")) {
        return content.find("def " + name + "(") != std::string::npos;
    }
    if (dot == std::string::npos) {
        return content.find(" " + name + "(") != std::string::npos;
    }
    return content.find("(" + name.substr(0, dot) + ", " + name.substr(dot + 1) + ")") !=
           std::string::npos;
}

TEST(TrustTest, NamesTestsThatThereAre) {
    const std::string page = documentAt("docs/trust.md");
    const std::regex reference("`(tests/[^`:]+)::([A-Za-z0-9_.]+)`");
    std::set<std::string> named;
    for (auto found = std::sregex_iterator(page.begin(), page.end(), reference);
         found != std::sregex_iterator(); ++found) {
        EXPECT_TRUE(hasTest((*found)[1], (*found)[2])) << found->str();
        named.insert(found->str());
    }
    EXPECT_GE(named.size(), 60U);
}

TEST(TrustTest, GivesEachPromiseATest) {
    const std::string page = documentAt("docs/trust.md");
    const std::regex row("\\n\\| ([A-Z][^|]*) \\| ([^|]*) \\|(?=\\n)");
    int promises = 0;
    for (auto found = std::sregex_iterator(page.begin(), page.end(), row);
         found != std::sregex_iterator(); ++found) {
        ++promises;
        EXPECT_THAT((*found)[2].str(), testing::HasSubstr("`tests/")) << (*found)[1];
    }
    EXPECT_GE(promises, 30);
}

}  // namespace
}  // namespace injector
