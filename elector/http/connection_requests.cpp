// What Connection does with requests: reads them, has them handled, takes later answers.
#include <exception>
#include <utility>

#include "elector/http/connection.h"

namespace elector::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr int kInternalError = 500;
constexpr const char* kFailed = "The server failed to answer; its log says more.\n";
constexpr Refusal kRubbish{400, "This is no HTTP request."};
constexpr Refusal kHeadTooLarge{431, "The request's head is too large."};

}  // namespace

bool Connection::readHead() {
    constexpr std::string_view kLineEnd = "\r\n";
    if (scanner_.length() == 0) {
        // An empty line before a request is to be ignored (RFC 9112, 2.2).
        if (input_.view() == kLineEnd.substr(0, 1)) {
            return false;
        }
        if (input_.view().starts_with(kLineEnd)) {
            input_.consume(kLineEnd.size());
        }
        const KnownRequest& known = context_.known;
        if (known.head && input_.view().starts_with(known.head->bytes())) {
            head_ = known.head;
            match_ = known.match;
            input_.consume(head_->bytes().size());
            begin();
            return true;
        }
    }
    const HeadScanner::Found found =
        scanner_.scan(input_.view().substr(0, context_.limits.headBytes));
    if (found == HeadScanner::Found::Head) {
        judgeHead(scanner_.length());
    } else if (found == HeadScanner::Found::Rubbish) {
        refuse(kRubbish);
    } else if (input_.size() >= context_.limits.headBytes) {
        refuse(kHeadTooLarge);
    } else {
        return false;
    }
    return true;
}

// Reads the complete head at the front of the input and finds what will answer.
void Connection::judgeHead(std::size_t length) {
    const auto head = std::make_shared<RequestHead>();
    head_ = head;
    std::optional<Refusal> refusal = head->read(input_.view().substr(0, length), context_.limits);
    input_.consume(length);
    scanner_.reset();
    if (!refusal) {
        const auto host = head_->field("Host");
        refusal = host ? context_.hosts.judge(*host) : std::nullopt;
    }
    if (refusal) {
        refuse(*refusal);
        return;
    }
    auto found = context_.router.find(head_->method(), head_->path(), head_->query());
    if (auto* response = std::get_if<Response>(&found)) {
        ++context_.stats.refusals;
        complete(*response);
        return;
    }
    if (auto tooLarge = head_->judgeBody(context_.limits)) {
        refuse(*tooLarge);
        return;
    }
    match_ = std::get<Router::Match>(std::move(found));
    context_.known = {head_, match_};
    begin();
}

// A good request's head has been read; what comes now is its body.
void Connection::begin() {
    enter(Phase::Body);
    if (head_->expectsContinue() && lacksBody()) {
        output_.bytes() += kContinue;
    }
}

void Connection::handle() {
    ++context_.stats.requests;
    context_.quota.touch(place_);
    const Request request{*head_, input_.view().substr(0, head_->contentLength()), remote_,
                          match_.rest, match_.parameters};
    const auto& handler = match_.route->handler;
    if (const auto* later = std::get_if<LaterHandler>(&handler)) {
        handleLater(*later, request);
        return;
    }
    Response response;
    try {
        response = std::get<Handler>(handler)(request);
    } catch (const std::exception& error) {
        ++context_.stats.failures;
        context_.log.error("a request failed",
                           {{"path", std::string(request.head.path())}, {"error", error.what()}});
        response = Response::text(kInternalError, kFailed);
    }
    input_.consume(head_->contentLength());
    complete(response);
}

void Connection::handleLater(const LaterHandler& handler, const Request& request) {
    if (!context_.quota.hold(place_)) {
        input_.consume(head_->contentLength());
        complete(Response::unavailable("Too many requests wait for an answer; try again.\n"));
        return;
    }
    ExchangeSink& sink = *this;
    exchange_ = std::make_shared<Exchange>(context_.mailbox, sink, context_.limits.streamBytes);
    enter(Phase::Waiting);
    try {
        handler(request, Responder(exchange_));
    } catch (const std::exception& error) {
        // Its Responder went with it, unless it was kept; the answer follows from that.
        context_.log.error("a request failed",
                           {{"path", std::string(request.head.path())}, {"error", error.what()}});
    }
    input_.consume(head_->contentLength());
}

void Connection::onRespond(const Response& response) {
    if (phase_ == Phase::Waiting) {
        complete(response);
        markTurn();
    }
}

void Connection::onBegin(const Response& head) {
    if (phase_ != Phase::Waiting) {
        return;
    }
    const bool closes = head_->isOld() || !head_->keepsAlive() || context_.answersLast();
    chunked_ = !head_->isOld();
    context_.writer.appendStreamHead(output_.bytes(), head,
                                     {.chunked = chunked_, .closes = closes});
    if (head_->method() == "HEAD") {
        nextRequest(closes);
    } else {
        enter(Phase::Streaming);
        onPush(head.body);
        if (peerEnded_) {
            enter(Phase::Over);
        }
    }
    markTurn();
}

void Connection::onPush(std::string_view bytes) {
    if (phase_ != Phase::Streaming) {
        return;
    }
    if (output_.pending() + bytes.size() > context_.limits.streamBytes) {
        onOverrun();
        return;
    }
    if (chunked_) {
        ResponseWriter::appendChunk(output_.bytes(), bytes);
    } else {
        output_.bytes() += bytes;
    }
    markTurn();
}

void Connection::onFinish() {
    if (phase_ != Phase::Streaming) {
        return;
    }
    if (chunked_) {
        ResponseWriter::appendLastChunk(output_.bytes());
    }
    nextRequest(!chunked_ || !head_->keepsAlive() || context_.answersLast());
    markTurn();
}

void Connection::onAbandoned() {
    ++context_.stats.failures;
    if (phase_ == Phase::Waiting) {
        complete(Response::text(kInternalError, kFailed));
    } else {
        close(false);  // without the last chunk, so that the client sees that something is missing
    }
    markTurn();
}

void Connection::onOverrun() {
    enter(Phase::Over);
    markTurn();
}

}  // namespace elector::http
