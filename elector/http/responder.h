#pragma once

#include <atomic>
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

// What a stream sends next: called in the loop, when all that was sent before is with the kernel.
// Empty where there is nothing for now. So nothing is queued for a client that reads slowly, and
// the source may give the newest state in place of those that were missed. It must neither wait nor
// throw, nor go on for ever.
using Source = std::function<std::string()>;

// Whom a Responder reports to. Called in the loop only.
class ExchangeSink {
  public:
    virtual ~ExchangeSink() = default;
    virtual void onRespond(const Response& response) = 0;
    virtual void onStream(const Response& head, Source source) = 0;
    virtual void onMore() = 0;
    virtual void onFinish() = 0;
    // The last Responder went without finishing.
    virtual void onAbandoned() = 0;
};

// One request that is answered later: shared by its connection and its Responders.
struct Exchange {
    Exchange(std::shared_ptr<Mailbox> to, ExchangeSink& sinkOfLoop)
        : mailbox(std::move(to)), sink(&sinkOfLoop) {}

    const std::shared_ptr<Mailbox> mailbox;
    ExchangeSink* sink;  // the loop's alone; nullptr once the exchange is over
    std::atomic<bool> open{true};
};

// The right to answer one request later, whole or as a stream: a handle that may be copied, kept
// and used by any thread, also after its connection or the server are gone. Either respond(), or
// stream(), more() as often as the source has something, finish(). If the last copy goes before
// that, the client gets 500, or a stream that breaks off.
//
// All return false, and do nothing, once the exchange is over (the client left, was too slow, or
// the server stopped): then the handle is of no more use.
class Responder {
  public:
    explicit Responder(std::shared_ptr<Exchange> exchange);

    bool respond(Response response) const;

    // Sends the head of a stream, and what the source has. The server destroys the source in the
    // loop, at the end of the exchange. A client that takes nothing for Limits::writeStall is cut
    // off; one that died without a word is noticed only while there is something to send: send a
    // heartbeat.
    bool stream(Response head, Source source) const;
    // Has the source asked again. A stop of the server asks it once more as well, and finishes.
    bool more() const;
    bool finish() const;

    bool isOpen() const;

  private:
    struct Claim;
    std::shared_ptr<Claim> claim_;
};

}  // namespace elector::http
