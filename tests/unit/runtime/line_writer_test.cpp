#include "elector/runtime/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace elector::runtime {
namespace {

constexpr std::chrono::seconds kLong{60};
constexpr WallTime kThen{std::chrono::microseconds(7)};

// A pipe whose writer waits where it is full.
class Pipe {
  public:
    Pipe() {
        if (pipe2(ends_.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        fcntl(ends_[0], F_SETPIPE_SZ, 4096);
    }
    ~Pipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int input() const { return ends_[1]; }
    int capacity() const { return fcntl(ends_[0], F_GETPIPE_SZ); }
    void setNonBlocking() const { fcntl(ends_[1], F_SETFL, O_NONBLOCK); }

    // The next lines, up to and with `last`.
    std::vector<std::string> linesUntil(const std::string& last) {
        std::vector<std::string> lines;
        while (lines.empty() || lines.back() != last) {
            const auto end = text_.find('\n');
            if (end == std::string::npos) {
                std::array<char, 1024> buffer{};
                const auto got = read(ends_[0], buffer.data(), buffer.size());
                text_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
                continue;
            }
            lines.push_back(text_.substr(0, end));
            text_.erase(0, end + 1);
        }
        return lines;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
    std::string text_;
};

std::string notice(std::uint64_t dropped, WallTime since) {
    return fmt::format("dropped {} since {}\n", dropped, since.time_since_epoch().count());
}

std::string line(int number) {
    return fmt::format("{:0>99}\n", number);
}

// Adds lines until some are dropped; how many were added.
int overfill(LineWriter& writer) {
    int added = 0;
    while (writer.dropped() < 3) {
        writer.add(line(added++), kThen);
    }
    return added;
}

TEST(LineWriterTest, WritesEachLineInTheOrderInWhichTheyCame) {
    Pipe pipe;
    LineWriter writer(pipe.input(), notice);
    for (int number = 0; number < 30; ++number) {
        writer.add(fmt::format("{}\n", number), kThen);
    }
    ASSERT_TRUE(writer.flush(kLong));
    const auto lines = pipe.linesUntil("29");
    ASSERT_EQ(lines.size(), 30U);
    EXPECT_EQ(lines[17], "17");
    EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LineWriterTest, HoldsNobodyWhereNobodyReadsAndTellsHowManyLinesWereDropped) {
    Pipe pipe;
    LineWriter writer(pipe.input(), notice);
    const int added = overfill(writer);
    EXPECT_FALSE(writer.flush(std::chrono::milliseconds(1)));
    const auto dropped = writer.dropped();
    const auto told = fmt::format("dropped {} since 7", dropped);
    const auto lines = pipe.linesUntil(told);
    EXPECT_EQ(lines.size() - 1 + dropped, static_cast<std::size_t>(added));
    for (std::size_t number = 0; number + 1 < lines.size(); ++number) {
        EXPECT_EQ(lines[number] + "\n", line(static_cast<int>(number)));
    }
    ASSERT_TRUE(writer.flush(kLong));
    writer.add("again\n", kThen);
    EXPECT_EQ(pipe.linesUntil("again").size(), 1U);
    EXPECT_EQ(writer.dropped(), dropped);
}

TEST(LineWriterTest, KeepsNoMoreThanItsBound) {
    Pipe pipe;
    LineWriter writer(pipe.input(), notice);
    const auto added = static_cast<std::size_t>(overfill(writer));
    const auto kept = (added - writer.dropped()) * line(0).size();
    EXPECT_LE(kept, LineWriter::kMaxBytes + static_cast<std::size_t>(pipe.capacity()));
    EXPECT_GT(kept, LineWriter::kMaxBytes - line(0).size());
    pipe.linesUntil(fmt::format("dropped {} since 7", writer.dropped()));
}

TEST(LineWriterTest, WaitsForADescriptorThatDoesNotWaitItself) {
    Pipe pipe;
    pipe.setNonBlocking();
    LineWriter writer(pipe.input(), notice);
    const int added = overfill(writer);
    const auto dropped = writer.dropped();
    const auto lines = pipe.linesUntil(fmt::format("dropped {} since 7", dropped));
    EXPECT_EQ(lines.size() - 1 + dropped, static_cast<std::size_t>(added));
}

TEST(LineWriterTest, CountsWhatCannotBeWrittenAndTellsItOnceItCanBeAgain) {
    Pipe pipe;
    const int descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC);
    {
        LineWriter writer(descriptor, notice);
        writer.add("one\n", kThen);
        writer.add("two\n", kThen + std::chrono::microseconds(1));
        ASSERT_TRUE(writer.flush(kLong));
        EXPECT_EQ(writer.dropped(), 2U);
        ASSERT_EQ(dup3(pipe.input(), descriptor, O_CLOEXEC), descriptor);
        writer.add("three\n", kThen);
        EXPECT_EQ(pipe.linesUntil("three"),
                  (std::vector<std::string>{"dropped 2 since 7", "three"}));
        EXPECT_EQ(writer.dropped(), 2U);
    }
    close(descriptor);
}

TEST(LineWriterTest, WritesWhatIsLeftBeforeItEnds) {
    Pipe pipe;
    {
        LineWriter(pipe.input(), notice).add("last\n", kThen);
    }
    EXPECT_EQ(pipe.linesUntil("last").size(), 1U);
}

TEST(LineWriterTest, EndsThoughAWriteHangs) {
    Pipe pipe;
    {
        LineWriter writer(pipe.input(), notice);
        overfill(writer);
    }
    // The write that hung goes on now, and is the last.
    const auto first = pipe.linesUntil(line(40).substr(0, 99));
    EXPECT_EQ(first.size(), 41U);
}

TEST(LineWriterTest, TakesLinesOfSeveralThreads) {
    Pipe pipe;
    LineWriter writer(pipe.input(), notice);
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&writer] {
                for (int number = 0; number < 20; ++number) {
                    writer.add("x\n", kThen);
                }
            });
        }
    }
    writer.add("end\n", kThen);
    EXPECT_EQ(pipe.linesUntil("end").size(), 81U);
}

}  // namespace
}  // namespace elector::runtime
