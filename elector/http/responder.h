#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "elector/http/message.h"
#include "elector/runtime/clock.h"

namespace elector::http {

// Functions on their way to the loop, which runs them in the order of their posting. Outlives the
// loop where handles do. Threads: any may post; one (the loop's) takes.
class Mailbox {
  public:
    using Function = std::function<void()>;

    // False, and nothing happens, once the loop has ended.
    bool post(Function function);

    // All that was posted. Forgets that it was woken for it.
    std::vector<Function> take();
    // The same for the last time: from now on post() refuses.
    std::vector<Function> close();

    void wake() { wake_.wake(); }
    // Readable while something is to be taken.
    int descriptor() const { return wake_.descriptor(); }

  private:
    runtime::Wake wake_;
    std::mutex mutex_;
    std::vector<Function> functions_;
    bool closed_ = false;
};

// Whom a Responder reports to. Called in the loop only.
class ExchangeSink {
  public:
    virtual ~ExchangeSink() = default;
    virtual void onRespond(const Response& response) = 0;
    virtual void onBegin(const Response& head) = 0;
    virtual void onPush(std::string_view bytes) = 0;
    virtual void onFinish() = 0;
    // The last Responder went without finishing.
    virtual void onAbandoned() = 0;
    // More was pushed than the client takes.
    virtual void onOverrun() = 0;
};

// One request that is answered later: shared by its connection and its Responders.
struct Exchange {
    Exchange(std::shared_ptr<Mailbox> to, ExchangeSink& sinkOfLoop, std::size_t limit)
        : mailbox(std::move(to)), sink(&sinkOfLoop), queueLimit(limit) {}

    const std::shared_ptr<Mailbox> mailbox;
    ExchangeSink* sink;  // the loop's alone; nullptr once the exchange is over
    const std::size_t queueLimit;
    std::atomic<bool> open{true};
    std::atomic<std::size_t> queued{0};  // bytes pushed that the loop has not yet taken
};

// The right to answer one request later, whole or as a stream: a handle that may be copied, kept
// and used by any thread, also after its connection or the server are gone. Either respond(), or
// begin(), push() as often as there is something, finish(). If the last copy goes before that, the
// client gets 500, or a stream that breaks off.
//
// All return false, and do nothing, once the exchange is over (the client left, was too slow, or
// the server stopped): then the handle is of no more use.
class Responder {
  public:
    explicit Responder(std::shared_ptr<Exchange> exchange);

    bool respond(Response response) const;

    // Sends the head of a stream; head.body, where there is one, is its first piece.
    bool begin(Response head) const;
    // A consumer that lags behind by more than Limits::streamBytes is cut off. A client that died
    // without a word is noticed only while there is something to send: push a heartbeat.
    bool push(std::string bytes) const;
    bool finish() const;

    bool isOpen() const;

  private:
    struct Claim;
    std::shared_ptr<Claim> claim_;
};

}  // namespace elector::http
