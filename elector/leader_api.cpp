#include "elector/leader_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "elector/runtime/escape.h"
#include "elector/runtime/random.h"
#include "elector/runtime/time_text.h"

namespace elector {
namespace {

using http::Later;
using http::Request;
using http::Response;

constexpr int kNotModified = 304;
constexpr int kBadRequest = 400;
constexpr int kUnavailable = 503;
constexpr std::size_t kNonceBytes = 4;
constexpr std::chrono::minutes kLongestWait{10};
// What stands between a server and its reader closes connections that are silent for half a minute.
constexpr std::chrono::seconds kBetweenBeats{15};

std::string parameter(const Request& request, std::string_view name) {
    const auto found = request.parameters.find(name);
    return found == request.parameters.end() ? "" : found->second;
}

std::string field(const Request& request, std::string_view name) {
    return std::string(request.head.field(name).value_or(""));
}

}  // namespace

// ------------------------------------------------------------------------------------------ routes

LeaderApi::LeaderApi(const StatusSource& source, const runtime::Clock& clock, bool tellsNamesOnly)
    : source_(source),
      clock_(clock),
      tellsNamesOnly_(tellsNamesOnly),
      nonce_(runtime::randomHex(kNonceBytes)),
      writer_(source, clock) {}

void LeaderApi::addRoutes(http::Router& router) {
    router.answer("GET", "/api/leader", [this](const Request& request) { return leader(request); },
                  {"wait", "after", "renewals"});
    router.answer("GET", "/api/leader/watch",
                  [this](const Request& request) { return watch(request); }, {"renewals"});
    for (const char* method : {"GET", "OPTIONS"}) {
        router.answer(method, "/api/is-leader",
                      [this](const Request& request) { return isLeader(request); });
    }
    router.answer("GET", "/", [this](const Request& request) {
        asked(request);
        return Response::json(nameText(answerNow().leader) + '\n');
    });
    router.answer("GET", "/sse", [this](const Request& request) { return watchName(request); });
}

campaign::Feed::Subscription LeaderApi::begin(http::Server& server, campaign::Feed& feed) {
    server_ = &server;
    feed_ = &feed;
    return feed.subscribe([this] {
        if (!woken_.exchange(true)) {
            server_->post([this] { tell(); });
        }
    });
}

void LeaderApi::end() {
    server_->post([this] {
        ended_ = true;
        std::erase_if(readers_,
                      [this](const Reader& reader) { return !reader.stream && respond(reader); });
    });
}

Response LeaderApi::answer(const election::Answer& answer) {
    constexpr std::size_t kLongestEnd = 160;
    const std::string& common = writer_.common(answer);
    std::string text;
    text.reserve(common.size() + kLongestEnd);
    text += common;
    text += R"(,"validForMs":)";
    text += fmt::format_int(answer.validFor.count()).c_str();
    writer_.appendDeadlines(text, answer);
    text += '\n';
    Response response = Response::json(std::move(text));
    response.headers.push_back(tagOf(answer.seq));
    return response;
}

Response LeaderApi::notModified(std::uint64_t seq) const {
    return {kNotModified, "", "", {tagOf(seq)}};
}

http::HeaderField LeaderApi::tagOf(std::uint64_t seq) const {
    return {"ETag", '"' + eventId(seq) + '"'};
}

// Answers who waits, who is no reader any more.
bool LeaderApi::respond(const Reader& reader) {
    reader.responder.respond(answer(answerNow()));
    return true;
}

std::variant<Response, Later> LeaderApi::leader(const Request& request) {
    asked(request);
    const election::Answer now = answerNow();
    const std::string tag = field(request, "If-None-Match");
    const auto known = stateOf(tag.empty() ? parameter(request, "after") : tag);
    const bool isKnown = known == now.seq;
    const std::string wait = parameter(request, "wait");
    if (!wait.empty()) {
        const auto limit = runtime::parseDuration(wait);
        if (!limit || *limit < runtime::Duration::zero() || *limit > kLongestWait) {
            return Response::text(kBadRequest,
                                  "wait=" + runtime::jsonString(wait) +
                                      " is refused: it is no duration from 0s to 10m, as 30s.\n");
        }
        if (isKnown && *limit > runtime::Duration::zero() && !ended_) {
            const bool isLocal = request.remote.isLoopback();
            if (!hasRoom(isLocal)) {
                return Response::unavailable("Too many programs wait for a change.\n");
            }
            return [this, isLocal, seen = now.seq, until = clock_.now() + *limit,
                    renewals = parameter(request, "renewals") == "1",
                    knowsState = !tag.empty()](const http::Responder& responder) {
                add({responder, isLocal, nullptr, seen, renewals, knowsState, until});
            };
        }
    }
    if (isKnown && !tag.empty()) {
        return notModified(now.seq);
    }
    return answer(now);
}

std::variant<Response, Later> LeaderApi::watch(const Request& request) {
    asked(request);
    auto stream = std::make_shared<Stream>();
    stream->renewals = parameter(request, "renewals") == "1";
    const std::string last = field(request, "Last-Event-ID");
    if (const auto seen = stateOf(last)) {
        const std::uint64_t newest = source_.answer().seq;
        stream->missed = std::to_string(newest > *seen + 1 ? newest - *seen - 1 : 0);
    } else if (!last.empty()) {
        stream->missed = "null";
    }
    return startStream(std::move(stream), request.remote.isLoopback());
}

std::variant<Response, Later> LeaderApi::watchName(const Request& request) {
    asked(request);
    auto stream = std::make_shared<Stream>();
    stream->namesOnly = true;
    return startStream(std::move(stream), request.remote.isLoopback());
}

std::variant<Response, Later> LeaderApi::startStream(std::shared_ptr<Stream> stream, bool isLocal) {
    if (!hasRoom(isLocal)) {
        return Response::unavailable("Too many programs hold a stream.\n");
    }
    return [this, isLocal, stream = std::move(stream)](const http::Responder& responder) {
        const Response head{
            200,
            "text/event-stream; charset=utf-8",
            "",
            {{"Cache-Control", "no-store, no-transform"}, {"X-Accel-Buffering", "no"}}};
        responder.stream(head, [this, stream] { return next(*stream); });
        add({responder, isLocal, stream, 0, false, false, {}});
    };
}

Response LeaderApi::isLeader(const Request& request) {
    asked(request);
    const election::Answer answer = answerNow();
    if (!answer.isLeader) {
        return Response::text(kUnavailable, "false\n");
    }
    Response response = Response::text(200, "true\n");
    response.headers.push_back({"X-Fencing-Token", answer.fencingToken});
    return response;
}

std::string LeaderApi::eventId(std::uint64_t seq) const {
    return nonce_ + '.' + std::to_string(seq);
}

std::optional<std::uint64_t> LeaderApi::stateOf(std::string_view eventId) const {
    if (eventId.starts_with('"') && eventId.ends_with('"') && eventId.size() > 1) {
        eventId = eventId.substr(1, eventId.size() - 2);
    }
    if (!eventId.starts_with(nonce_ + '.')) {
        return std::nullopt;
    }
    eventId.remove_prefix(nonce_.size() + 1);
    std::uint64_t seq = 0;
    const auto [after, error] = std::from_chars(eventId.begin(), eventId.end(), seq);
    return error == std::errc() && after == eventId.end() ? std::optional(seq) : std::nullopt;
}

void LeaderApi::asked(const Request& request) {
    if (request.remote.isLoopback()) {
        askedAt_ = clock_.now().time_since_epoch().count();
    }
}

std::optional<runtime::Instant> LeaderApi::lastAsked() {
    server_->post([this] {
        const bool held = std::ranges::any_of(readers_, [](const Reader& reader) {
            return reader.isLocal && reader.responder.isOpen();
        });
        if (held) {
            askedAt_ = clock_.now().time_since_epoch().count();
        }
    });
    const runtime::Instant::rep at = askedAt_;
    return at == kNever ? std::nullopt : std::optional(runtime::Instant(runtime::Duration(at)));
}

// ----------------------------------------------------------------------------------------- readers

// What a stream is to be sent next.
std::string LeaderApi::next(Stream& stream) {
    std::string text;
    if (!std::exchange(stream.began, true)) {
        text = stream.namesOnly ? nameEvent(answerNow(), stream)
                                : "retry: 1000\n" + event(answerNow(), stream);
    } else if (stream.namesOnly) {
        text = nextName(stream);
    } else if (const auto answer = news(stream)) {
        text = event(*answer, stream);
    }
    // Without an empty line behind it: some take that for an empty message.
    return text.empty() && std::exchange(stream.beat, false) ? ":\n" : text;
}

std::optional<election::Answer> LeaderApi::news(const Stream& stream) {
    const auto standing = feed_->after(stream.told, stream.renewals);
    return standing ? std::optional(noted(answerOf(*standing, source_, clock_))) : std::nullopt;
}

election::Answer LeaderApi::answerNow() {
    return noted(source_.answer());
}

election::Answer LeaderApi::noted(election::Answer answer) {
    promisedUntil_ = std::max(promisedUntil_, answer.validUntil);
    return answer;
}

// Passes over states in which the same one leads.
std::string LeaderApi::nextName(Stream& stream) {
    while (const auto answer = news(stream)) {
        if (answer->leader != stream.name) {
            return nameEvent(*answer, stream);
        }
        stream.told = answer->seq;
    }
    return "";
}

std::string LeaderApi::nameEvent(const election::Answer& answer, Stream& stream) {
    stream.told = answer.seq;
    stream.name = answer.leader;
    return "data: " + nameText(answer.leader) + "\n\n";
}

std::string LeaderApi::nameText(const std::string& leader) const {
    std::string text = R"({"name":)" + runtime::jsonString(leader);
    if (!tellsNamesOnly_) {
        text += R"(,"last_update":")" + runtime::formatSeconds(clock_.wall()) + '"';
    }
    return text + '}';
}

std::string LeaderApi::event(const election::Answer& answer, Stream& stream) {
    stream.told = answer.seq;
    std::string text = fmt::format("id: {}\ndata: {}", eventId(answer.seq), writer_.common(answer));
    if (!stream.missed.empty()) {
        text += R"(,"missed":)" + std::exchange(stream.missed, "");
    }
    writer_.appendDeadlines(text, answer);
    return text += "\n\n";
}

bool LeaderApi::hasRoom(bool isLocal) {
    std::erase_if(readers_, [](const Reader& reader) { return !reader.responder.isOpen(); });
    const auto same = [isLocal](const Reader& reader) { return reader.isLocal == isLocal; };
    return std::ranges::count_if(readers_, same) < (isLocal ? kLocalReaders : kRemoteReaders);
}

void LeaderApi::add(Reader reader) {
    const runtime::Instant now = clock_.now();
    nextBeat_ = std::max(nextBeat_, now + kBetweenBeats);
    arm(reader.stream ? nextBeat_ : reader.until);
    readers_.push_back(std::move(reader));
}

// Something has changed.
void LeaderApi::tell() {
    woken_ = false;
    std::erase_if(readers_, [this](const Reader& reader) {
        if (reader.stream) {
            return !reader.responder.more();
        }
        return feed_->after(reader.seen, reader.renewals) && respond(reader);
    });
}

void LeaderApi::passTime() {
    armed_ = runtime::Instant::max();
    const runtime::Instant now = clock_.now();
    const bool beats = now >= nextBeat_;
    if (beats) {
        nextBeat_ = now + kBetweenBeats;
    }
    runtime::Instant next = runtime::Instant::max();
    std::erase_if(readers_, [&](const Reader& reader) {
        if (reader.stream) {
            reader.stream->beat |= beats;
            next = std::min(next, nextBeat_);
            return beats && !reader.responder.more();
        }
        if (now < reader.until) {
            next = std::min(next, reader.until);
            return !reader.responder.isOpen();
        }
        if (reader.knowsState) {
            reader.responder.respond(notModified(reader.seen));
            return true;
        }
        return respond(reader);
    });
    if (next != runtime::Instant::max()) {
        arm(next);
    }
}

void LeaderApi::arm(runtime::Instant when) {
    if (when < armed_) {
        armed_ = when;
        server_->postAt(when, [this] { passTime(); });
    }
}

}  // namespace elector
