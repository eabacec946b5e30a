// The answer to a watch, to its events. The first line of the input says in which pieces the answer
// arrives (each character the size of one, by its code); behind it stands the answer: with its head
// where it begins with "HTTP/", or else its body alone.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "elector/kubernetes/watch_stream.h"
#include "elector/runtime/json_text.h"
#include "tests/fuzz/fed_socket.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
namespace kubernetes = elector::kubernetes;

using Sizes = std::vector<std::size_t>;

constexpr std::size_t kMostSentence = 2000;

class StoppedClock final : public elector::runtime::Clock {
  public:
    elector::runtime::Instant now() const override {
        return elector::runtime::Instant(std::chrono::hours(1));
    }
    elector::runtime::WallTime wall() const override { return {}; }
};

const std::string kUnreadable = "unreadable";

struct Reading {
    std::vector<std::string> events;  // "TYPE OBJECT", or kUnreadable
    elector::election::ErrorKind kind{};
    std::string end;

    bool operator==(const Reading&) const = default;
};

Reading read(const std::string& answer, const Sizes& cuts) {
    feedSockets(answer, cuts);
    const StoppedClock clock;
    kubernetes::Access access;
    access.server = kubernetes::parseEndpoint("http://127.0.0.1:1");
    kubernetes::Client client(access, clock);
    kubernetes::WatchStream stream(client);
    const kubernetes::Limits limits{elector::runtime::Instant::max(), {}};
    Reading reading;
    const auto finish = [&](const elector::election::ApiError& error) {
        requireSentence(error.message, kMostSentence);
        reading.kind = error.kind;
        reading.end = error.message;
        return reading;
    };
    if (const auto opened = stream.open({kubernetes::Method::Get, "/watch"}, limits, limits);
        !opened) {
        return finish(opened.error());
    }
    for (;;) {
        const auto event = stream.next();
        if (!event) {
            return finish(event.error());
        }
        if (!event.value().problem.empty()) {
            requireSentence(event.value().problem, kMostSentence);
            reading.events.push_back(kUnreadable);
            continue;
        }
        const auto& object = event.value().object;
        require(json_text::isValid(object), "the object of an event is JSON", object);
        reading.events.push_back(event.value().type + " " + object);
    }
}

// However an answer is cut into pieces, it says the same.
Reading readInAnyPieces(const std::string& answer, const Sizes& cuts) {
    const auto whole = read(answer, {});
    for (const auto& sizes : {cuts, Sizes{1}}) {
        const auto cut = read(answer, sizes);
        require(cut.events == whole.events, "pieces change no event", answer);
        require(cut.kind == whole.kind && cut.end == whole.end, "pieces do not change the end",
                cut.end + " / " + whole.end);
    }
    return whole;
}

std::string inChunks(std::string_view body, const Sizes& cuts) {
    std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t index = 0; !body.empty(); ++index) {
        const auto chunk = body.substr(0, cuts.empty() ? body.size() : cuts[index % cuts.size()]);
        answer += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
        body.remove_prefix(chunk.size());
    }
    return answer + "0\r\n\r\n";
}

// The events that the lines of `body` are, up to an error.
std::vector<std::string> eventsIn(std::string_view body) {
    std::vector<std::string> events;
    for (auto end = body.find('\n'); end != std::string_view::npos; end = body.find('\n')) {
        const auto line = body.substr(0, end);
        body.remove_prefix(end + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
            continue;
        }
        if (!json_text::isValid(line)) {
            events.push_back(kUnreadable);
            continue;
        }
        const auto type = json_text::stringIn(json_text::member(line, "type").value_or(""));
        const auto object = json_text::member(line, "object");
        if (!type || type->empty() || !object) {
            events.push_back(kUnreadable);
            continue;
        }
        if (*type == "ERROR") {
            break;
        }
        events.push_back(*type + " " + std::string(*object));
    }
    return events;
}

}  // namespace

void judge(std::string_view input) {
    const auto plan = input.substr(0, input.find('\n'));
    const std::string answer(input.substr(std::min(plan.size() + 1, input.size())));
    Sizes cuts;
    for (const char size : plan) {
        cuts.push_back(static_cast<unsigned char>(size) + std::size_t{1});
    }
    if (answer.starts_with("HTTP/")) {
        readInAnyPieces(answer, cuts);
        return;
    }
    const auto expected = eventsIn(answer);
    for (const auto& framed :
         {inChunks(answer, cuts), "HTTP/1.1 200 OK\r\n\r\n" + answer,
          fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", answer.size(), answer)}) {
        require(readInAnyPieces(framed, cuts).events == expected,
                "each line of an answer is an event, whatever its frame", framed);
    }
}

}  // namespace fuzz
