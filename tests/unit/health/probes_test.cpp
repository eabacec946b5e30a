#include "elector/health/probes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "tests/support/temporary_folder.h"
#include "tests/unit/commands/scripted_server.h"

namespace elector::health {
namespace {

using namespace std::chrono_literals;
using commands::ScriptedServer;
using ::testing::HasSubstr;

class StoppedClock final : public runtime::Clock {
  public:
    Instant now() const override { return now_; }
    runtime::WallTime wall() const override { return wall_; }
    void pass(Duration duration) {
        now_ += duration;
        wall_ += std::chrono::duration_cast<std::chrono::microseconds>(duration);
    }

  private:
    Instant now_{1h};
    runtime::WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
};

std::optional<std::string> probed(const Probe& probe, Instant deadline = Instant::max()) {
    return probe(deadline, {});
}

std::string answerTo(const std::string& answer) {
    const runtime::SystemClock clock;
    ScriptedServer server(
        [&](int connection) { send(connection, answer.data(), answer.size(), MSG_NOSIGNAL); });
    const kubernetes::Endpoint target{false, "127.0.0.1", server.port(), "/health?deep=1"};
    auto why = probed(httpProbe(target, clock), clock.now() + 30s);
    EXPECT_THAT(server.request(), HasSubstr("GET /health?deep=1 HTTP/1.1\r\n"));
    return why.value_or("");
}

TEST(HttpProbeTest, AStatusInTheTwoHundredsPasses) {
    EXPECT_EQ(answerTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "");
    EXPECT_EQ(answerTo("HTTP/1.1 204 No Content\r\n\r\n"), "");
    EXPECT_EQ(answerTo("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "")
        << "the body is not read";
    EXPECT_THAT(answerTo("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
                HasSubstr("answers 302"));
    EXPECT_THAT(answerTo("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
                HasSubstr("/health?deep=1 answers 503"));
    EXPECT_THAT(answerTo("SSH-2.0\r\n"), HasSubstr("gives no answer"));
}

TEST(HttpProbeTest, WhatHangsEndsAtTheDeadlineAndWhatIsClosedAtOnce) {
    const runtime::SystemClock clock;
    ScriptedServer server([](int connection) {
        std::array<char, 64> more{};
        while (recv(connection, more.data(), more.size(), 0) > 0) {
        }
    });
    const Instant deadline = clock.now() + 100ms;
    EXPECT_TRUE(probed(httpProbe({false, "localhost", server.port(), "/"}, clock), deadline));
    EXPECT_GE(clock.now(), deadline);
    const commands::ClosedPort closed;
    EXPECT_TRUE(
        probed(httpProbe({false, "127.0.0.1", closed.port(), "/"}, clock), clock.now() + 30s));
}

TEST(FileProbeTest, PassesWhileTheFileIsWritten) {
    const test::TemporaryFolder folder;
    StoppedClock clock;
    const std::string path = folder.path() + "/alive";
    const Probe probe = fileProbe(path, 10s, clock);
    EXPECT_THAT(probed(probe).value_or(""), HasSubstr("No such file"));
    test::writeText(path, "");
    const auto touched = [&](Duration ago) {
        const auto then = std::chrono::floor<std::chrono::seconds>(clock.wall() - ago);
        const timespec time{then.time_since_epoch().count(), 0};
        const std::array<timespec, 2> times{time, time};
        EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
    };
    touched(0s);
    EXPECT_FALSE(probed(probe));
    clock.pass(10s);
    EXPECT_FALSE(probed(probe));
    clock.pass(1s);
    EXPECT_THAT(probed(probe).value_or(""), HasSubstr("last written 11s ago"));
    touched(-10s);
    EXPECT_FALSE(probed(probe)) << "a clock was set back a little";
    touched(-1h);
    EXPECT_THAT(probed(probe).value_or(""), HasSubstr("in the future"));
}

TEST(AskedProbeTest, PassesWhileTheProgramAsks) {
    StoppedClock clock;
    std::optional<Instant> asked;
    const Probe probe = askedProbe([&] { return asked; }, 10s, clock);
    EXPECT_THAT(probed(probe).value_or(""), HasSubstr("not asked yet"));
    asked = clock.now();
    clock.pass(10s);
    EXPECT_FALSE(probed(probe));
    clock.pass(1s);
    EXPECT_THAT(probed(probe).value_or(""), HasSubstr("last asked 11s ago"));
}

}  // namespace
}  // namespace elector::health
