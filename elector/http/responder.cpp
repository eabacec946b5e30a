#include "elector/http/responder.h"

#include <utility>

namespace elector::http {

// ----------------------------------------------------------------------------------------- mailbox

bool Mailbox::post(Function function) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return false;
        }
        functions_.push_back(std::move(function));
    }
    wake_.wake();
    return true;
}

std::vector<Mailbox::Function> Mailbox::take() {
    wake_.clear();  // before the taking: what is posted in between wakes again
    const std::lock_guard lock(mutex_);
    return std::exchange(functions_, {});
}

std::vector<Mailbox::Function> Mailbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    return std::exchange(functions_, {});
}

// --------------------------------------------------------------------------------------- responder

namespace {

template <typename Action>
bool post(const std::shared_ptr<Exchange>& exchange, Action action) {
    if (!exchange->open) {
        return false;
    }
    return exchange->mailbox->post([exchange, action = std::move(action)] {
        if (exchange->sink != nullptr) {
            action(*exchange->sink);
        }
    });
}

}  // namespace

// Shared by the copies of one Responder: its end is the end of the last of them.
struct Responder::Claim {
    explicit Claim(std::shared_ptr<Exchange> claimed) : exchange(std::move(claimed)) {}
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() {
        post(exchange, [](ExchangeSink& sink) { sink.onAbandoned(); });
    }
    std::shared_ptr<Exchange> exchange;
};

Responder::Responder(std::shared_ptr<Exchange> exchange)
    : claim_(std::make_shared<Claim>(std::move(exchange))) {}

bool Responder::respond(Response response) const {
    return post(claim_->exchange,
                [response = std::move(response)](ExchangeSink& sink) { sink.onRespond(response); });
}

bool Responder::stream(Response head, Source source) const {
    return post(claim_->exchange, [head = std::move(head), source = std::move(source)](
                                      ExchangeSink& sink) { sink.onStream(head, source); });
}

bool Responder::more() const {
    return post(claim_->exchange, [](ExchangeSink& sink) { sink.onMore(); });
}

bool Responder::finish() const {
    return post(claim_->exchange, [](ExchangeSink& sink) { sink.onFinish(); });
}

bool Responder::isOpen() const {
    return claim_->exchange->open;
}

}  // namespace elector::http
