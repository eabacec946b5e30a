#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/config/values.h"

namespace elector::config {
namespace {

TEST(DnsNameTest, AllowsLabelsAsKubernetesDoes) {
    for (const std::string& text :
         {std::string("a"), std::string("0"), std::string("a-b"), std::string("a--b"),
          std::string("1-2"), std::string(63, 'x')}) {
        EXPECT_TRUE(isDnsLabel(text)) << text;
        EXPECT_TRUE(isDnsSubdomain(text)) << text;
    }
    for (const std::string& text :
         {std::string(), std::string("-"), std::string("-a"), std::string("a-"), std::string("A"),
          std::string("a_b"), std::string("a b"), std::string("a/b"), std::string("a\n"),
          std::string("\u00e9"), std::string("a\0", 2)}) {
        EXPECT_FALSE(isDnsLabel(text)) << testing::PrintToString(text);
        EXPECT_FALSE(isDnsSubdomain(text)) << testing::PrintToString(text);
    }
    EXPECT_FALSE(isDnsLabel("a.b"));
    EXPECT_FALSE(isDnsLabel(std::string(64, 'x')));
}

TEST(DnsNameTest, AllowsSubdomainsAsKubernetesDoes) {
    for (const std::string& text :
         {std::string("a.b"), std::string("a.b-c.0"), std::string(64, 'x'), std::string(253, 'x'),
          std::string(251, 'x') + ".y"}) {
        EXPECT_TRUE(isDnsSubdomain(text)) << text;
    }
    for (const std::string& text :
         {std::string("."), std::string(".a"), std::string("a."), std::string("a..b"),
          std::string("a.-b"), std::string("a-.b"), std::string("a.B"), std::string(254, 'x'),
          std::string(252, 'x') + ".y"}) {
        EXPECT_FALSE(isDnsSubdomain(text)) << text;
    }
}

struct Spelled {
    std::string text;
    Address address;
};

TEST(AddressTest, IsReadAndWritten) {
    const std::vector<Spelled> cases{
        {":4040", {"", 4040}},
        {":0", {"", 0}},
        {":65535", {"", 65535}},
        {"localhost:1", {"localhost", 1}},
        {"127.0.0.1:80", {"127.0.0.1", 80}},
        {"0.0.0.0:80", {"0.0.0.0", 80}},
        {"[::1]:80", {"::1", 80}},
        {"[::]:80", {"::", 80}},
        {"[fd00::1:2]:80", {"fd00::1:2", 80}},
        {"[::ffff:10.0.0.1]:80", {"::ffff:10.0.0.1", 80}},
    };
    for (const Spelled& spelled : cases) {
        EXPECT_EQ(parseAddress(spelled.text), spelled.address) << spelled.text;
        EXPECT_EQ(spelled.address.text(), spelled.text);
    }
}

TEST(AddressTest, RefusesAnythingElse) {
    for (const std::string& text : {std::string(),
                                    std::string("4040"),
                                    std::string("localhost"),
                                    std::string(":"),
                                    std::string("localhost:"),
                                    std::string(":65536"),
                                    std::string(":-1"),
                                    std::string(":+1"),
                                    std::string(":1 "),
                                    std::string(": 1"),
                                    std::string(":0x10"),
                                    std::string(":http"),
                                    std::string("::1:80"),
                                    std::string("::80"),
                                    std::string("[::1]"),
                                    std::string("[]:80"),
                                    std::string("[::g]:80"),
                                    std::string("[::1:80"),
                                    std::string("::1]:80"),
                                    std::string("[127.0.0.1]:80"),
                                    std::string("10.0.0.256:80"),
                                    std::string("10.0.0:80"),
                                    std::string("example.org:80"),
                                    std::string("LOCALHOST:80"),
                                    std::string("a b:80"),
                                    std::string("http://localhost:80"),
                                    std::string("localhost\0:80", 13)}) {
        EXPECT_FALSE(parseAddress(text)) << testing::PrintToString(text);
    }
}

TEST(PodUidTest, HasLettersDigitsAndDashes) {
    EXPECT_TRUE(isPodUid("7b1f6a2e-1c5d-4c0e-9d0a-1f2e3d4c5b6a"));
    EXPECT_TRUE(isPodUid("ABCdef019"));
    EXPECT_TRUE(isPodUid(std::string(64, 'a')));
    for (const std::string& text :
         {std::string(), std::string(65, 'a'), std::string("a/b"), std::string("a b"),
          std::string("a.b"), std::string("\u00e9"), std::string("a\0", 2)}) {
        EXPECT_FALSE(isPodUid(text)) << testing::PrintToString(text);
    }
}

TEST(PodUidTest, IsReadFromTheClaimsOfAToken) {
    // {"kubernetes.io":{"namespace":"shop","pod":{"name":"web-0","uid":"7b1f6a2e-1c5d"}},"x":"~~?"}
    // The last member makes a letter occur that only the alphabet for URLs has.
    EXPECT_EQ(podUidOf("eyJhbGciOiJSUzI1NiJ9."
                       "eyJrdWJlcm5ldGVzLmlvIjp7Im5hbWVzcGFjZSI6InNob3AiLCJwb2QiOnsibmFtZSI6IndlYi0"
                       "wIiwidWlkIjoiN2IxZjZhMmUtMWM1ZCJ9fSwieCI6In5-PyJ9"
                       ".c2lnbmF0dXJl"),
              "7b1f6a2e-1c5d");
}

TEST(PodUidTest, IsNoneWhereATokenNamesNoPod) {
    const std::vector<std::string> tokens{
        "",
        "no token",
        ".",
        "..",
        "a.b.c",
        "e30.e30.e30",                                                   // {}
        "e30.W10.e30",                                                   // []
        "e30.bnVsbA.e30",                                                // null
        "e30.eyJrdWJlcm5ldGVzLmlvIjpbXX0.e30",                           // {"kubernetes.io":[]}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7fX0.e30",                           // {"kubernetes.io":{}}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6MX19.e30",                  // ... {"pod":1}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6eyJ1aWQiOjF9fX0.e30",       // ... {"uid":1}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6eyJ1aWQiOiIifX19.e30",      // ... {"uid":""}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6eyJ1aWQiOiJhL2IifX19.e30",  // ... {"uid":"a/b"}
        "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6eyJ1aWQiOiJ1LTEifX19",      // two parts
    };
    for (const std::string& token : tokens) {
        EXPECT_EQ(podUidOf(token), "") << token;
    }
}

}  // namespace
}  // namespace elector::config
