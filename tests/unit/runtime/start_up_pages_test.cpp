#include "elector/runtime/process.h"

#include <gtest/gtest.h>

#include <fstream>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

namespace elector::runtime {
namespace {

// KiB of the files that are mapped, as far as this process has touched them.
long mappedOfFiles() {
    std::ifstream status("/proc/self/status");
    std::string name;
    long kibibytes = -1;
    while (status >> name) {
        if (name == "RssFile:") {
            status >> kibibytes;
        }
    }
    return kibibytes;
}

TEST(StartUpPages, AreMappedNoMore) {
    const long before = mappedOfFiles();
    ASSERT_GT(before, 0);
    unmapStartUpPages();
    EXPECT_LT(mappedOfFiles(), before);
}

TEST(StartUpPages, ComeBackAsTheyWereWhenTheyAreNeeded) {
    const auto sentence = [] {
        std::ostringstream out;
        out.imbue(std::locale::classic());
        out << std::hex << 255 << ' ' << 0.5;
        return out.str();
    };
    const std::string before = sentence();
    unmapStartUpPages();
    EXPECT_EQ(sentence(), before);
    EXPECT_THROW(static_cast<void>(std::stoi("no number")), std::invalid_argument);
}

}  // namespace
}  // namespace elector::runtime
