#include "elector/runtime/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "elector/runtime/clock.h"
#include "elector/runtime/time_text.h"

namespace elector::runtime {
namespace {

class StoppedClock final : public Clock {
  public:
    Instant now() const override { return {}; }
    WallTime wall() const override { return *parseRfc3339("2026-01-02T03:04:05.000006Z"); }
};

// Keeps packets apart (O_DIRECT), so that a line written in two pieces is read as two.
class PacketPipe {
  public:
    PacketPipe() {
        if (pipe2(ends_.data(), O_DIRECT | O_NONBLOCK | O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
    }
    ~PacketPipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    PacketPipe(const PacketPipe&) = delete;
    PacketPipe& operator=(const PacketPipe&) = delete;

    int input() const { return ends_[1]; }

    // What the next write wrote; "" if there was none.
    std::string next() const {
        std::array<char, 4096> buffer{};
        const auto got = read(ends_[0], buffer.data(), buffer.size());
        return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

class LogTest : public testing::Test {
  protected:
    Log text(LogLevel level = LogLevel::Debug) const {
        return {level, LogFormat::Text, clock_, pipe_.input()};
    }
    Log json(LogLevel level = LogLevel::Debug) const {
        return {level, LogFormat::Json, clock_, pipe_.input()};
    }

    StoppedClock clock_;
    PacketPipe pipe_;
};

TEST_F(LogTest, WritesASentenceWithItsFieldsAsText) {
    text().info("web-0 became leader", {{"lease", "default/web"}, {"token", "17"}});
    EXPECT_EQ(pipe_.next(),
              "2026-01-02T03:04:05.000006Z INFO web-0 became leader  lease=default/web token=17\n");
}

TEST_F(LogTest, WritesNothingBehindASentenceWithoutFields) {
    text().info("stopping");
    EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z INFO stopping\n");
}

TEST_F(LogTest, WritesOneJsonObjectPerLine) {
    json().warn("lost \"it\"", {{"lease", "default/web"}, {"why", "a\nb"}});
    EXPECT_EQ(pipe_.next(),
              R"({"time":"2026-01-02T03:04:05.000006Z","level":"warn","message":"lost \"it\"",)"
              R"("lease":"default/web","why":"a\nb"})"
              "\n");
}

TEST_F(LogTest, NamesEachLevelInBothFormats) {
    text().debug("x");
    EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z DEBUG x\n");
    text().warn("x");
    EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z WARN x\n");
    text().error("x");
    EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z ERROR x\n");
    json().debug("x");
    EXPECT_NE(pipe_.next().find(R"("level":"debug")"), std::string::npos);
    json().info("x");
    EXPECT_NE(pipe_.next().find(R"("level":"info")"), std::string::npos);
    json().error("x");
    EXPECT_NE(pipe_.next().find(R"("level":"error")"), std::string::npos);
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
    const Log log = text(LogLevel::Warn);
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    ASSERT_TRUE(log.flush(std::chrono::seconds(60)));
    EXPECT_NE(pipe_.next().find("WARN w"), std::string::npos);
    EXPECT_NE(pipe_.next().find("ERROR e"), std::string::npos);
    EXPECT_EQ(pipe_.next(), "");
    EXPECT_FALSE(log.enabled(LogLevel::Info));
    EXPECT_TRUE(log.enabled(LogLevel::Warn));
}

struct Example {
    std::string value;
    std::string shown;
};

TEST_F(LogTest, QuotesTextValuesThatCouldBeTakenForSomethingElse) {
    const std::vector<Example> examples{
        {"plain", "plain"},          {"", R"("")"},           {"two words", R"("two words")"},
        {"a=b", R"("a=b")"},         {R"(a"b)", R"("a\"b")"}, {R"(a\b)", R"("a\\b")"},
        {"a\nb", R"(a\nb)"},         {"a\r\tb", R"(a\r\tb)"}, {"\u20ac", "\u20ac"},
        {"\x1b[31m", R"(\x1b[31m)"}, {"\xff", R"(\xff)"},     {"\u202e", R"(\u202e)"},
    };
    for (const Example& example : examples) {
        text().info("x", {{"v", example.value}});
        EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z INFO x  v=" + example.shown + "\n");
    }
}

TEST_F(LogTest, LetsNoForeignTextForgeALine) {
    const std::string forged = "x\n2026-01-02T03:04:05.000006Z INFO web-1 became leader";
    text().info(forged, {{"holder", forged}});
    const std::string asText = pipe_.next();
    EXPECT_EQ(asText.find('\n'), asText.size() - 1);
    json().info(forged, {{"holder", forged}});
    const std::string asJson = pipe_.next();
    EXPECT_EQ(asJson.find('\n'), asJson.size() - 1);
}

TEST_F(LogTest, CutsEverySentenceAndValueAt1000Characters) {
    const std::string longText(1001, 'y');
    const std::string cut = std::string(1000, 'y') + "\u2026";
    text().info(longText, {{"v", longText}});
    EXPECT_EQ(pipe_.next(), "2026-01-02T03:04:05.000006Z INFO " + cut + "  v=" + cut + "\n");
    json().info(longText, {{"v", longText}});
    EXPECT_EQ(pipe_.next(), R"({"time":"2026-01-02T03:04:05.000006Z","level":"info","message":")" +
                                cut + R"(","v":")" + cut + "\"}\n");
}

TEST_F(LogTest, KeepsLinesOfSeveralThreadsApart) {
    const Log log = text();
    const std::string line = "2026-01-02T03:04:05.000006Z INFO x  n=1 m=2\n";
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&log] {
                for (int n = 0; n < 5; ++n) {
                    log.info("x", {{"n", "1"}, {"m", "2"}});
                }
            });
        }
    }
    ASSERT_TRUE(log.flush(std::chrono::seconds(60)));
    for (int i = 0; i < 15; ++i) {
        EXPECT_EQ(pipe_.next(), line);
    }
    EXPECT_EQ(pipe_.next(), "");
}

TEST_F(LogTest, GoesOnWhenALineCannotBeWritten) {
    const Log log(LogLevel::Debug, LogFormat::Text, clock_, -1);
    log.error("nobody reads this");
    ASSERT_TRUE(log.flush(std::chrono::seconds(60)));
    EXPECT_EQ(log.dropped(), 1U);
    text().info("x");
    EXPECT_NE(pipe_.next(), "");
}

TEST_F(LogTest, TellsHowManyLinesWereDroppedInItsOwnFormat) {
    for (const LogFormat format : {LogFormat::Text, LogFormat::Json}) {
        const int descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC);
        {
            const Log log(LogLevel::Info, format, clock_, descriptor);
            log.info("nobody reads this");
            ASSERT_TRUE(log.flush(std::chrono::seconds(60)));
            ASSERT_EQ(dup3(pipe_.input(), descriptor, O_CLOEXEC), descriptor);
            log.info("x");
        }
        close(descriptor);
        const std::string told = pipe_.next();
        EXPECT_NE(told.find("lines of this log were dropped from here on"), std::string::npos);
        EXPECT_NE(told.find(format == LogFormat::Json ? R"("dropped":"1"})" : "  dropped=1\n"),
                  std::string::npos)
            << told;
        EXPECT_NE(pipe_.next(), "");
    }
}

TEST(LogNamesTest, ReadsLevelsAndFormats) {
    EXPECT_EQ(parseLogLevel("debug"), LogLevel::Debug);
    EXPECT_EQ(parseLogLevel("info"), LogLevel::Info);
    EXPECT_EQ(parseLogLevel("warn"), LogLevel::Warn);
    EXPECT_EQ(parseLogLevel("error"), LogLevel::Error);
    EXPECT_EQ(parseLogLevel("DEBUG"), LogLevel::Debug);
    EXPECT_EQ(parseLogLevel("INFO"), LogLevel::Info);
    EXPECT_EQ(parseLogLevel("WARN"), LogLevel::Warn);
    EXPECT_EQ(parseLogLevel("ERROR"), LogLevel::Error);
    EXPECT_EQ(parseLogFormat("text"), LogFormat::Text);
    EXPECT_EQ(parseLogFormat("json"), LogFormat::Json);
    EXPECT_EQ(parseLogFormat("TEXT"), LogFormat::Text);
    EXPECT_EQ(parseLogFormat("JSON"), LogFormat::Json);
    EXPECT_EQ(parseLogLevel("Info"), LogLevel::Info);
    EXPECT_EQ(parseLogFormat("Json"), LogFormat::Json);
    for (const std::string text : {"", "infos", "warning", "inf", " info"}) {
        EXPECT_FALSE(parseLogLevel(text)) << text;
        EXPECT_FALSE(parseLogFormat(text)) << text;
    }
}

TEST(QuotedTest, MakesForeignTextFitToStandBetweenQuotes) {
    EXPECT_EQ(runtime::quoted("ten"), "ten");
    EXPECT_EQ(runtime::quoted(""), "");
    EXPECT_EQ(runtime::quoted(R"(a "b" \c)"), R"(a \"b\" \\c)");
    EXPECT_EQ(runtime::quoted("a\nb\x01\xff"), R"(a\nb\x01\xff)");
    EXPECT_EQ(runtime::quoted("\u0085\u2028"), R"(\u0085\u2028)");
    EXPECT_EQ(runtime::quoted(std::string("\0", 1)), R"(\x00)");
}

TEST(QuotedTest, CutsWithAnEllipsis) {
    EXPECT_EQ(runtime::quoted(std::string(100, 'x')), std::string(100, 'x'));
    EXPECT_EQ(runtime::quoted(std::string(101, 'x')), std::string(100, 'x') + "\u2026");
    EXPECT_EQ(runtime::quoted("\u20ac\u20ac", 1), "\u20ac\u2026");
}

}  // namespace
}  // namespace elector::runtime
