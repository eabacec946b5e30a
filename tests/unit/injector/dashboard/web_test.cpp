#include "injector/dashboard/web.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

namespace injector::dashboard {
namespace {

bool isThere(const std::string& name) {
    return std::ranges::any_of(webFiles(), [&](const WebFile& file) { return file.name == name; });
}

// A file that is forgotten in the list would be a page that does not start.
TEST(WebTest, WhateverAFileOfThePageNamesIsThere) {
    const std::regex named(R"((?:href|src|from) ?=?['" ]+(?:\./)?([a-z]+\.(?:js|css|svg))['"])");
    std::size_t count = 0;
    for (const WebFile& file : webFiles()) {
        const std::string text(file.text);
        for (std::sregex_iterator match(text.begin(), text.end(), named), end; match != end;
             ++match) {
            EXPECT_TRUE(isThere((*match)[1])) << file.name << " names " << (*match)[1];
            ++count;
        }
    }
    EXPECT_GE(count, 12U);
    EXPECT_TRUE(isThere("index.html"));
}

// The policy of the page lets nothing inline run; a browser would say so to nobody but its console.
TEST(WebTest, NothingStandsInline) {
    for (const WebFile& file : webFiles()) {
        EXPECT_FALSE(file.text.empty()) << file.name;
        for (const char* inlined : {" style=", "<style", "onclick=", "innerHTML", "eval("}) {
            EXPECT_EQ(file.text.find(inlined), std::string_view::npos) << file.name << inlined;
        }
    }
}

}  // namespace
}  // namespace injector::dashboard
