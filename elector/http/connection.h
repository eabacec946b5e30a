#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "elector/http/channel.h"
#include "elector/http/head.h"
#include "elector/http/limits.h"
#include "elector/http/message.h"
#include "elector/http/quota.h"
#include "elector/http/responder.h"
#include "elector/http/router.h"
#include "elector/http/server.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::http {

// The request that was read last, by any connection of a server, and found good: its head, and who
// answers. A program that polls asks in the same words each time, and the same words are read the
// same way.
struct KnownRequest {
    std::shared_ptr<const RequestHead> head;  // null while there is none
    Router::Match match;                      // refers to the head
};

// What the connections of one server share. All of it belongs to the loop, but for the mailbox and
// the stats.
struct ServerContext {
    ServerContext(const Limits& granted, AllowedHosts names, Router routes,
                  const runtime::Clock& time, const runtime::Log& lines)
        : limits(granted),
          hosts(std::move(names)),
          router(std::move(routes)),
          clock(time),
          log(lines) {}

    const Limits limits;
    const AllowedHosts hosts;
    const Router router;
    const runtime::Clock& clock;
    const runtime::Log& log;

    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    Stats stats;
    Quota quota{limits};
    BodyQuota bodies{limits};
    ResponseWriter writer{clock};
    KnownRequest known;

    // When this round of the loop began: one reading of the clock for all that it does.
    runtime::Instant now;
    bool draining = false;  // the server has stopped and finishes what it owes
    bool retiring = false;  // it will be stopped soon
    std::vector<char> scratch = std::vector<char>(kScratchBytes);  // to read into
    // Connections with something to do.
    TurnQueue turns;
    // When the turn under way should come to its end.
    runtime::Instant turnEnds;

    // Every answer is the last of its connection.
    bool answersLast() const { return draining || retiring; }

    // One record of TLS.
    static constexpr std::size_t kScratchBytes = 16384;
};

// One peer's connection: reads requests, has them handled, sends the answers, in order. A state
// machine that the loop turns; it waits for nothing and never blocks. Whatever happens to it, it
// only becomes over: the loop removes it.
//
// Threads: one (the loop's).
class Connection final : private ExchangeSink {
  public:
    // Enters the quota. `context` outlives the connection; `key` is the loop's name for it.
    Connection(ServerContext& context, std::unique_ptr<Channel> channel,
               const RemoteAddress& remote, Poller::Key key);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Does what can be done now: sends, reads, handles. A bounded piece of work, so that no peer
    // keeps the others waiting.
    void turn();
    // The server stops: closes at once where nothing is owed to the peer, else after the answer.
    void drain();
    // The deadline has passed.
    void expire();
    // The connection is about to be destroyed for others: nothing it holds may outlive it.
    void abandon() { channel_->abandon(); }
    // Something to do that the socket may not announce.
    void markTurn() { context_.turns.push(turn_); }

    // When expire() is due: the one place where time limits become instants.
    runtime::Instant deadline() const;
    // What to wait for before the next turn: the poller's kRead and kWrite.
    std::uint32_t interest() const;
    // A turn is due although the socket may announce nothing.
    bool wantsTurn() const;
    bool isOver() const { return phase_ == Phase::Over; }
    bool isEstablished() const { return channel_->isEstablished(); }
    Poller::Key key() const { return key_; }
    int descriptor() const { return channel_->descriptor(); }
    const RemoteAddress& remote() const { return remote_; }

    // Tells the quota how much memory the connection takes; `exactly`: by asking the kernel anew.
    void charge(bool exactly);

    // A wait without a limit.
    static constexpr runtime::Instant kNever = runtime::Instant::max();

  private:
    enum class Phase {
        Head,       // of the next request; nothing of it may have come yet
        Body,       // of the request in head_
        Waiting,    // for a handler that answers later
        Streaming,  // an answer that grows
        Closing,    // sends what is left
        Lingering,  // has said all, and waits until the peer has heard it; discards what still
                    // comes
        Over,
    };

    void receive();
    std::size_t wantedInput() const;
    void take(std::string_view bytes);
    void peerEnded();
    bool wantsInput() const;
    bool lacksBody() const { return input_.size() < head_->contentLength(); }
    // Whether other bodies have to come to their end first.
    bool isHeld() const { return body_ && !context_.bodies.mayGrow(*body_); }
    void joinBodies();
    void leaveBodies();
    bool isIdle() const { return served_ && input_.size() == 0; }

    void work();
    bool step();
    bool readHead();
    void judgeHead(std::size_t length);
    void begin();
    void handle();
    void handleLater(const Later& later);
    Response failed(const std::exception& error);
    void pull();
    void appendPiece(std::string_view bytes);
    void send();
    void sentAll();

    void refuse(const Refusal& refusal);
    void complete(const Response& response);
    void nextRequest(bool closes);
    void close(bool lingers);
    void endExchange();
    void enter(Phase phase);

    void onRespond(const Response& response) override;
    void onStream(const Response& head, Source source) override;
    void onMore() override;
    void onFinish() override;
    void onAbandoned() override;

    ServerContext& context_;
    std::unique_ptr<Channel> channel_;
    const RemoteAddress remote_;
    const Poller::Key key_;
    Quota::Place place_;
    TurnQueue::Place turn_;

    Phase phase_ = Phase::Head;
    runtime::Instant since_;  // of the phase; in Head: of the head's first byte, if one has come
    bool served_ = false;     // at least one request
    bool peerEnded_ = false;
    bool readNeedsWrite_ = false;  // TLS has to send before it can read
    bool moreBuffered_ = false;    // the channel has bytes that no socket will announce
    bool unfinished_ = false;      // work() stopped at a bound, not for want of bytes
    bool lingers_ = false;         // after Closing

    Input input_;
    HeadScanner scanner_;
    std::shared_ptr<const RequestHead> head_;  // while a request is under way
    Router::Match match_;
    std::optional<BodyQuota::Place> body_;
    bool wasHeld_ = false;  // this body
    Output output_;
    std::size_t inKernel_ = 0;   // of what was sent, when the kernel was asked last
    std::size_t sentSince_ = 0;  // and since then
    std::shared_ptr<Exchange> exchange_;
    bool chunked_ = false;
    Source source_;         // of the stream
    bool hasMore_ = false;  // the source has not been asked for all it has
};

}  // namespace elector::http
