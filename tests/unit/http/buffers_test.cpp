#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "elector/http/channel.h"

// A connection at rest keeps little of the room that its last request and answer took.
namespace elector::http {
namespace {

constexpr std::size_t kLarge = 60000;
constexpr std::size_t kKept = 5000;

std::size_t allocated() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

TEST(BuffersTest, TheRoomOfALargeBodyIsGivenBack) {
    const std::string body(kLarge, 'x');
    Input input;
    const std::size_t before = allocated();
    input.append(body);
    input.consume(body.size());
    input.compact();
    EXPECT_LT(allocated(), before + kKept);
}

TEST(BuffersTest, TheRoomOfALargeAnswerIsGivenBack) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    PlainChannel channel(ends[0]);
    Output output;
    const std::size_t before = allocated();
    output.bytes().append(kLarge, 'x');
    ASSERT_EQ(output.send(channel, runtime::Instant()), Output::Sent::All);
    EXPECT_LT(allocated(), before + kKept);
    ::close(ends[1]);
}

}  // namespace
}  // namespace elector::http
