#include "elector/http/head.h"

#include <gtest/gtest.h>

#include <string>

namespace elector::http {
namespace {

int statusFor(const std::string& host) {
    const AllowedHosts hosts({"web-0", "web.default.svc"});
    const auto refusal = hosts.judge(host);
    return refusal ? refusal->status : 200;
}

TEST(AllowedHostsTest, TakesLocalhostIpLiteralsAndTheGivenNames) {
    for (const char* host : {"localhost", "LocalHost:4040", "localhost.", "localhost:", "127.0.0.1",
                             "10.1.2.3:4040", "[::1]", "[fd00::17]:4040", "[::ffff:10.0.0.1]",
                             "web-0", "WEB-0:80", "web.default.svc."}) {
        EXPECT_EQ(statusFor(host), 200) << host;
    }
}

TEST(AllowedHostsTest, RefusesForeignNames) {
    for (const char* host : {"evil.example", "localhost.evil.example", "xlocalhost", "web-1", "",
                             ":4040", "web-0.evil.example:4040", "127.0.0.1.evil.example", "1.2.3",
                             "0x7f000001", "2130706433", "127.0.0.256"}) {
        EXPECT_EQ(statusFor(host), 421) << host;
    }
}

TEST(AllowedHostsTest, RefusesWhatIsNoHost) {
    for (const char* host :
         {"localhost:4o4o", "localhost:123456", "local host", "user@localhost", "[::1", "[::1]x",
          "[::1]:x", "[1.2.3.4]", "::1", "[fe80::1%eth0]", "a\r\nb", "a/b"}) {
        EXPECT_EQ(statusFor(host), 400) << host;
    }
}

TEST(AllowedHostsTest, WhereAnyIsAllowedItMustBeWellFormed) {
    const AllowedHosts hosts = AllowedHosts::any();
    EXPECT_FALSE(hosts.judge("hook.system.svc:443"));
    EXPECT_FALSE(hosts.judge("evil.example"));
    EXPECT_EQ(hosts.judge("user@localhost").value().status, 400);
}

}  // namespace
}  // namespace elector::http
