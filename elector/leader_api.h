#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "elector/answer_writer.h"
#include "elector/campaign/feed.h"
#include "elector/http/responder.h"
#include "elector/http/server.h"
#include "elector/runtime/clock.h"
#include "elector/status_api.h"

namespace elector {

// Tells programs who leads: those that ask, those that wait for a change, those that hold a stream.
//
// GET /api/leader answers
//   {"leader":"web-0","id":"web-0","isLeader":true,"lease":"default/web","fencingToken":"17",
//    "leaseUID":"...","transitions":3,"acquireTime":"2026-01-02T03:04:05.000006Z",
//    "renewTime":"...","seq":9,"reason":"renewed","validForMs":4200,
//    "validUntilMonotonicMs":81234,"validUntilBoottimeMs":81234}
// Times are null where there are none, texts "". While something keeps the elector from reading or
// writing the Lease, "trouble" says what, in a sentence; else there is no such member. `seq` grows
// by one with each state of this process. The two deadlines are CLOCK_MONOTONIC and CLOCK_BOOTTIME
// of the node, in milliseconds; 0 unless isLeader. ETag names the state: "NONCE.SEQ", with a nonce
// of this process.
//   ?wait=30s&after=NONCE.SEQ: answers at once if the state is another one, else at the next
//     change, or after the wait (at most 10m). If-None-Match says the same as `after`, and gets 304
//     for a state that is still the same.
//
// GET /api/leader/watch streams the same as text/event-stream, without validForMs, since nobody
// knows when it is read: a program that is stopped with an unread "yes" has to compare a deadline.
// The current state comes at once, with how many states were "missed" since Last-Event-ID.
//
// Both leave out states that only renew, unless asked with renewals=1.
//
// GET /api/is-leader: 200 "true" with X-Fencing-Token, or 503 "false".
//
// For programs of other electors, which compare the name with their host's:
// GET / answers {"name":"web-0","last_update":"2026-01-02T03:04:05Z"}, always with 200: some take
//   an error for "I lead". Just these two members: some refuse more. The name holds as of the time.
// GET /sse streams the same: at once, then whenever the name is another one, "" included. It has no
//   deadline.
// Where a program expects kubernetes/contrib's answer, it is {"name":"web-0"}.
//
// Threads: the server's loop; begin() and end() by the owner.
class LeaderApi {
  public:
    // How many may wait or hold a stream: programs on the loopback, and others.
    static constexpr int kLocalReaders = 256;
    static constexpr int kRemoteReaders = 64;

    // Both outlive it. It outlives the server. `tellsNamesOnly`: whether / and /sse leave out the
    // time.
    LeaderApi(const StatusSource& source, const runtime::Clock& clock, bool tellsNamesOnly = false);

    void addRoutes(http::Router& router);
    // From now on changes of `feed` are told. Feed and server outlive the subscription. REQUIRES:
    // the server has not started.
    [[nodiscard]] campaign::Feed::Subscription begin(http::Server& server, campaign::Feed& feed);
    // Answers all who wait, so that the server can stop without waiting for them. Streams go on.
    void end();

    // When a program on this machine last asked who leads, waited for a change or held a stream, if
    // ever: as of the call before, since whether one still does is seen in the server's loop. Any
    // thread, between begin() and the end of the server.
    std::optional<runtime::Instant> lastAsked();

    // Up to when what anybody was told may be good that this process leads. In the server's loop.
    runtime::Instant promisedUntil() const { return promisedUntil_; }

  private:
    // What a stream has been sent.
    struct Stream {
        bool renewals = false;
        bool namesOnly = false;  // of GET /sse
        std::string name;        // that it has told
        bool began = false;
        std::string missed;      // JSON, "" where nobody asked
        std::uint64_t told = 0;  // the number of the last state
        bool beat = false;       // a sign of life is due
    };
    // Who is answered later: a stream, or a request that waits.
    struct Reader {
        http::Responder responder;
        bool isLocal = false;
        std::shared_ptr<Stream> stream;  // null: it waits
        std::uint64_t seen = 0;          // by who waits
        bool renewals = false;
        bool knowsState = false;  // 304 will do
        runtime::Instant until;
    };

    std::variant<http::Response, http::Later> leader(const http::Request& request);
    std::variant<http::Response, http::Later> watch(const http::Request& request);
    std::variant<http::Response, http::Later> watchName(const http::Request& request);
    std::variant<http::Response, http::Later> startStream(std::shared_ptr<Stream> stream,
                                                          bool isLocal);
    http::Response isLeader(const http::Request& request);
    void asked(const http::Request& request);
    http::Response answer(const election::Answer& answer);
    http::Response notModified(std::uint64_t seq) const;
    http::HeaderField tagOf(std::uint64_t seq) const;

    std::string eventId(std::uint64_t seq) const;
    // The state that an id of an event or an ETag names; nothing for one of another process.
    std::optional<std::uint64_t> stateOf(std::string_view eventId) const;

    std::string next(Stream& stream);
    // What a stream is told of the standing that comes next, if one does.
    std::optional<election::Answer> news(const Stream& stream);
    // As of now; it is about to be told to somebody.
    election::Answer answerNow();
    election::Answer noted(election::Answer answer);
    std::string event(const election::Answer& answer, Stream& stream);
    std::string nextName(Stream& stream);
    std::string nameEvent(const election::Answer& answer, Stream& stream);
    std::string nameText(const std::string& leader) const;
    bool respond(const Reader& reader);
    bool hasRoom(bool isLocal);
    void add(Reader reader);
    void tell();
    void passTime();
    void arm(runtime::Instant when);

    const StatusSource& source_;
    const runtime::Clock& clock_;
    const bool tellsNamesOnly_;
    const std::string nonce_;
    AnswerWriter writer_;
    http::Server* server_ = nullptr;
    campaign::Feed* feed_ = nullptr;

    std::atomic<bool> woken_ = false;  // tell() is on its way
    static constexpr runtime::Instant::rep kNever = -1;
    std::atomic<runtime::Instant::rep> askedAt_ = kNever;
    runtime::Instant promisedUntil_;
    std::list<Reader> readers_;
    bool ended_ = false;
    runtime::Instant nextBeat_;
    runtime::Instant armed_ = runtime::Instant::max();  // when passTime() is due, if ever
};

}  // namespace elector
