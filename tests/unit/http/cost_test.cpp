#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "elector/http/head.h"
#include "tests/support/processor_time.h"

// What a byte of a request costs the processor, at worst and in a request like any other. The time
// is that of this thread alone, the least of several runs, and the bound is generous: what it is to
// find is work that grows faster than the input, or a byte that costs a hundred times another.
namespace elector::http {
namespace {

constexpr double kMostTimesTheUsual = 12;
constexpr std::string_view kEncodedWord = "=?a?q?\?=";  // the shortest of RFC 2047

// All that is done with the bytes of a head, be it refused or not.
void readHead(std::string_view bytes) {
    HeadScanner scanner;
    if (scanner.scan(bytes) == HeadScanner::Found::Head) {
        RequestHead head;
        const auto refusal = head.read(bytes, Limits());
        ASSERT_TRUE(refusal || !head.path().empty());
    }
}

double nanosecondsPerByte(std::string_view bytes,
                          const std::function<void(std::string_view)>& read = readHead) {
    constexpr int kRuns = 7;
    constexpr int kHeadsPerRun = 100;
    const auto least = test::leastTimeOf(
        [&] {
            for (int i = 0; i < kHeadsPerRun; ++i) {
                read(bytes);
            }
        },
        kRuns);
    return static_cast<double>(least.count()) / kHeadsPerRun / static_cast<double>(bytes.size());
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

// A head as large as the server takes: the request line, `lines`, and `filler` as often as it fits.
std::string fullHead(const std::string& lines, std::string_view filler,
                     std::string_view line = "GET /hello HTTP/1.1\r\n") {
    const std::string start = std::string(line) + "Host: localhost\r\n" + lines;
    const std::size_t room = Limits().headBytes - std::min(Limits().headBytes, start.size() + 4);
    return start + repeated(filler, filler.empty() ? 0 : room / filler.size()) + "\r\n\r\n";
}

struct Head {
    std::string name;
    std::string bytes;
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Head& head, std::ostream* out) {
    *out << head.name;
}

std::string nameOf(const testing::TestParamInfo<Head>& info) {
    return info.param.name;
}

class CostlyHeadTest : public testing::TestWithParam<Head> {};

TEST_P(CostlyHeadTest, CostsLittleMoreThanAUsualHeadOfItsSize) {
    const std::string usual =
        fullHead(repeated("Accept: application/json\r\n", 60) + "User-Agent: ", "a long name ");
    const double most = kMostTimesTheUsual * nanosecondsPerByte(usual);
    EXPECT_LT(nanosecondsPerByte(GetParam().bytes), most);
}

INSTANTIATE_TEST_SUITE_P(
    Heads, CostlyHeadTest,
    testing::Values(
        Head{"EncodedWords", fullHead("X: ", kEncodedWord)},
        Head{"EncodedWordsInManyFields",
             fullHead(repeated("X: =?utf-8?b?YQ==?= =?a?q?=41?=\r\n", 60) + "X: ", kEncodedWord)},
        Head{"HalfAnEncodedWord", fullHead("X: ", "=?")},
        Head{"OneTokenOfStrangeCharacters", fullHead("", "~") + "x: y\r\n\r\n"},
        Head{"ListOfConnectionOptions", fullHead("Connection: ", "a,")},
        Head{"ListOfBlankConnectionOptions", fullHead("Connection: ", " ,")},
        Head{"ManyConnectionFields", fullHead(repeated("Connection: clos,e\r\n", 62), "")},
        Head{"ManyDecisiveFields", fullHead(repeated("Expect: 100-continue\r\n", 62), "")},
        Head{"ManyShortFields", fullHead(repeated("a:\r\n", 62) + "A: ", "b")},
        Head{"TooManyFields", fullHead("", "a:\r\n")}, Head{"Colons", fullHead("X", ":")},
        Head{"Blanks", fullHead("X:", " ")}, Head{"TabsAndText", fullHead("X:", "\t.")},
        Head{"LongTarget",
             fullHead("X: y", "", "GET /" + std::string(8000, '?') + " HTTP/1.1\r\n")},
        Head{"BlanksInTheRequestLine",
             fullHead("X: y", "", "GET " + std::string(8000, ' ') + " HTTP/1.1\r\n")},
        Head{"LongMethod", fullHead("X: y", "", std::string(8000, 'G') + " / HTTP/1.1\r\n")},
        Head{"LongHost", fullHead("X: y\r\nhost: ", "a.")},
        Head{"LongContentLength", fullHead("Content-Length: ", "0")}),
    nameOf);

// Those of answers, as the client of the Kubernetes API and the commands read them.
class CostlyAnswerTest : public testing::TestWithParam<Head> {};

TEST_P(CostlyAnswerTest, CostsLittleMoreThanAUsualHeadOfItsSize) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    const std::string usual =
        fullHead(repeated("Date: Thu, 26 Nov 2026 11:46:29 GMT\r\n", 60) + "a: ", "", line);
    const auto cost = [](std::string_view bytes) {
        return nanosecondsPerByte(bytes, [](std::string_view text) {
            ResponseHead head;
            const bool isRead = head.read(text, Limits().headerFields);
            ASSERT_TRUE(!isRead || (head.status() == 200 && head.keepsAlive()));
        });
    };
    EXPECT_LT(cost(fullHead(GetParam().bytes, "", line)), kMostTimesTheUsual * cost(usual));
}

INSTANTIATE_TEST_SUITE_P(
    Heads, CostlyAnswerTest,
    testing::Values(Head{"EncodedWords", "X: " + repeated(kEncodedWord, 1000)},
                    Head{"EncodedWordsInManyFields",
                         repeated("X: =?utf-8?b?YQ==?= =?a?q?=41?=\r\n", 60) +
                             "X: " + repeated(kEncodedWord, 500)},
                    Head{"EncodedWordsWhereTheBodyIsDecided",
                         "Content-Length: " + repeated(kEncodedWord, 1000)},
                    Head{"ListOfConnectionOptions", "Connection: " + repeated("a,", 4000)},
                    Head{"ManyConnectionFields", repeated("Connection: clos,e\r\n", 60) + "a: "},
                    Head{"Blanks", "X:" + std::string(8000, ' ')},
                    Head{"Colons", "X" + std::string(8000, ':')},
                    Head{"TooManyFields", repeated("a:\r\n", 2000) + "a: "}),
    nameOf);

// Heads that come one byte at a time are looked at once, not from the start with each byte.
TEST(HeadScannerCostTest, ABytePerPacketCostsNoMoreThanAFewTimesAllAtOnce) {
    const std::string bytes = fullHead("X: ", "y");
    const auto drip = [&bytes](std::size_t step) {
        HeadScanner scanner;
        for (std::size_t arrived = step; arrived < bytes.size(); arrived += step) {
            ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, arrived)),
                      HeadScanner::Found::Nothing);
        }
    };
    const auto cost = [&drip](std::size_t step) {
        return test::leastTimeOf([&] { drip(step); }, 20);
    };
    EXPECT_LT(cost(1), 40 * cost(1024));
}

}  // namespace
}  // namespace elector::http
