#include "elector/http/connection.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace elector::http {

// --------------------------------------------------------------------------- input and time limits

namespace {

// A turn's bounds: 64 KB read (30 us to decrypt), 16 requests, and no further request once
// ServerContext::turnEnds has passed.
constexpr int kReadsPerTurn = 4;
constexpr int kRequestsPerTurn = 16;

// What the kernel (socket, file, watch) and this server (objects) keep for a connection at rest.
constexpr std::size_t kRestingBytes = 6144;
// So much may be sent before the kernel is asked how much of it has arrived.
constexpr std::size_t kSentUnasked = 4096;

// What a buffer takes, by the kernel's reckoning.
std::size_t doubled(int buffer) {
    return 2 * static_cast<std::size_t>(buffer);
}

constexpr Refusal kTooSlow{408, "The request took too long to arrive."};
constexpr Refusal kTooMuch{503, "Too many large requests arrive at once; try again."};

}  // namespace

Connection::Connection(ServerContext& context, std::unique_ptr<Channel> channel,
                       const RemoteAddress& remote, Poller::Key key)
    : context_(context),
      channel_(std::move(channel)),
      remote_(remote),
      key_(key),
      place_(context.quota.enter(this, remote)),
      turn_(context.turns.enter(key, remote)),
      since_(context.now) {
    ++context_.stats.open;
}

Connection::~Connection() {
    endExchange();
    leaveBodies();
    context_.turns.leave(turn_);
    context_.quota.leave(place_);
    --context_.stats.open;
}

void Connection::turn() {
    send();
    receive();
    work();
    send();
    pull();
    if (body_ && lacksBody() && !context_.bodies.mayGrow(*body_)) {
        context_.bodies.wait(*body_);
        context_.stats.held += wasHeld_ ? 0 : 1;
        wasHeld_ = true;
    }
    while (Connection* most = context_.bodies.toRefuse(context_.now)) {
        most->refuse(kTooMuch);
        most->markTurn();
    }
}

void Connection::send() {
    if (phase_ == Phase::Over) {
        return;
    }
    const bool wasBlocked = output_.isBlocked();
    const std::size_t before = output_.pending();
    const Output::Sent sent = output_.send(*channel_, context_.now);
    sentSince_ += before - output_.pending();
    if (sent == Output::Sent::Failed) {
        enter(Phase::Over);
    } else if (sent == Output::Sent::All && phase_ == Phase::Closing) {
        sentAll();
    } else if (sent == Output::Sent::All && wasBlocked && phase_ == Phase::Head) {
        since_ = context_.now;  // nothing was read meanwhile
    }
}

// The last answer is with the kernel. While the peer has not taken it, the connection stays, and
// counts in the quotas: what the kernel sends on by itself would count nowhere.
void Connection::sentAll() {
    channel_->endWriting();
    const bool heard = peerEnded_ && !channel_->isUnderWay();
    const bool leaves = context_.draining && (!lingers_ || peerEnded_);
    enter(heard || leaves ? Phase::Over : Phase::Lingering);
}

void Connection::charge(bool exactly) {
    if (exactly || sentSince_ > kSentUnasked) {
        inKernel_ = channel_->held().toSend;
        sentSince_ = 0;
    }
    // What the kernel may hold of what the peer sends counts whether or not it holds it now: all
    // peers can send at once, before the loop has looked at any of them.
    context_.quota.charge(place_, kRestingBytes + doubled(context_.limits.receiveBuffer) +
                                      channel_->keeps() + input_.size() + output_.room() +
                                      inKernel_ + sentSince_);
}

bool Connection::wantsInput() const {
    return wantedInput() > 0;
}

// How many bytes may be read now.
std::size_t Connection::wantedInput() const {
    if (peerEnded_) {
        return 0;
    }
    const std::size_t most = context_.limits.headBytes + 1;
    const std::size_t head = most - std::min(most, input_.size());
    switch (phase_) {
        case Phase::Head:
            // Who does not take his answers gets no further requests handled.
            return output_.pending() == 0 ? head : 0;
        case Phase::Body:
            return lacksBody() && !isHeld() ? head_->contentLength() - input_.size() : 0;
        case Phase::Waiting:
        case Phase::Streaming:
            return head;
        case Phase::Lingering:
            return context_.scratch.size();
        case Phase::Closing:
        case Phase::Over:
            return 0;
    }
    return 0;
}

void Connection::receive() {
    readNeedsWrite_ = false;
    moreBuffered_ = false;
    std::vector<char>& scratch = context_.scratch;
    for (int reads = 0; reads < kReadsPerTurn && wantsInput(); ++reads) {
        const std::size_t room = std::min(wantedInput(), scratch.size());
        const IoResult result = phase_ == Phase::Lingering ? channel_->receive(scratch.data(), room)
                                                           : channel_->read(scratch.data(), room);
        switch (result.status) {
            case IoStatus::Done:
                take({scratch.data(), result.size});
                break;
            case IoStatus::WantsWrite:
                readNeedsWrite_ = true;
                return;
            case IoStatus::WantsRead:
                return;
            case IoStatus::Ended:
                peerEnded();
                return;
            case IoStatus::Failed:
                enter(Phase::Over);
                return;
        }
        if (result.size < room && channel_->buffered() == 0) {
            return;  // saves the call that would say so
        }
    }
    moreBuffered_ = channel_->buffered() > 0;
}

void Connection::take(std::string_view bytes) {
    if (phase_ == Phase::Lingering) {
        return;
    }
    if (phase_ == Phase::Head && isIdle()) {
        since_ = context_.now;
    }
    input_.append(bytes);
    if (body_) {
        context_.bodies.resize(*body_, input_.size());
    }
}

void Connection::joinBodies() {
    const auto place = context_.bodies.enter(this, remote_, context_.now);
    context_.bodies.resize(place, input_.size());
    body_ = place;
    wasHeld_ = false;
}

void Connection::leaveBodies() {
    if (!body_) {
        return;
    }
    context_.bodies.leave(*body_);
    body_.reset();
    for (Connection* waiting : context_.bodies.takeWaiting()) {
        waiting->markTurn();
    }
}

void Connection::peerEnded() {
    // It may have closed its side only, and wait for answers to what it sent. From a stream's
    // consumer nothing more is expected, so that its end means that it left.
    peerEnded_ = true;
    if (phase_ == Phase::Streaming ||
        (phase_ == Phase::Lingering && (context_.draining || !channel_->isUnderWay()))) {
        enter(Phase::Over);
    }
}

void Connection::work() {
    unfinished_ = false;
    int requests = 0;
    while (phase_ == Phase::Head || phase_ == Phase::Body) {
        // One answer at a time: what the peer does not take is memory of ours.
        if (output_.pending() > 0) {
            send();
        }
        if (output_.pending() > 0 || phase_ == Phase::Over) {
            break;
        }
        if (requests >= kRequestsPerTurn ||
            (requests > 0 && context_.clock.now() >= context_.turnEnds)) {
            // The end of what the peer sends is work as well: no socket announces it again.
            unfinished_ = input_.size() > 0 || peerEnded_;
            break;
        }
        if (!step()) {
            if (peerEnded_) {
                close(false);
            }
            break;
        }
        ++requests;
    }
    input_.compact();
}

// Handles one request, or refuses; false where more bytes have to come first.
bool Connection::step() {
    if (phase_ == Phase::Head && !readHead()) {
        return false;
    }
    if (phase_ == Phase::Body) {
        if (lacksBody()) {
            return false;
        }
        handle();
    }
    return true;
}

void Connection::refuse(const Refusal& refusal) {
    ++context_.stats.refusals;
    Response response = Response::text(refusal.status, refusal.sentence);
    response.body += '\n';
    const bool withBody = !head_ || head_->method() != "HEAD";
    context_.writer.append(output_.bytes(), response, {.withBody = withBody, .closes = true});
    input_.consume(input_.size());
    close(true);
}

void Connection::complete(const Response& response) {
    // A declared body that was not read would be taken for the next request.
    const bool bodyUnread = phase_ == Phase::Head && head_->contentLength() > 0;
    const bool closes = !head_->keepsAlive() || context_.answersLast() || bodyUnread;
    context_.writer.append(output_.bytes(), response,
                           {.withBody = head_->method() != "HEAD", .closes = closes});
    lingers_ = bodyUnread;
    nextRequest(closes);
}

void Connection::nextRequest(bool closes) {
    endExchange();
    head_.reset();
    match_ = {};
    served_ = true;
    if (closes) {
        close(lingers_ || input_.size() > 0);
    } else {
        enter(Phase::Head);
    }
}

void Connection::close(bool lingers) {
    endExchange();
    lingers_ = lingers;
    enter(Phase::Closing);
}

void Connection::endExchange() {
    if (exchange_) {
        exchange_->open = false;
        exchange_->sink = nullptr;
        exchange_.reset();
        source_ = nullptr;
        context_.quota.release(place_);
    }
}

void Connection::enter(Phase phase) {
    if (phase_ == Phase::Body) {
        leaveBodies();
    }
    phase_ = phase;
    if (phase == Phase::Body && lacksBody()) {
        joinBodies();
    }
    since_ = context_.now;
}

void Connection::drain() {
    if (phase_ == Phase::Head) {
        close(false);
    } else if (phase_ == Phase::Body) {
        return;  // answered within its limits, or cut off at the end of the drain
    } else if (phase_ == Phase::Streaming) {
        onFinish();
    } else if (phase_ == Phase::Lingering && (!lingers_ || peerEnded_)) {
        enter(Phase::Over);
    }
    markTurn();
}

void Connection::expire() {
    ++context_.stats.expired;
    const bool inRequest = phase_ == Phase::Body || (phase_ == Phase::Head && input_.size() > 0);
    if (inRequest && !output_.isBlocked()) {
        refuse(kTooSlow);
    } else if (phase_ == Phase::Waiting && !output_.isBlocked()) {
        complete(Response::unavailable("There was no answer in time.\n"));
    } else {
        abandon();
        enter(Phase::Over);
    }
    markTurn();
}

runtime::Instant Connection::deadline() const {
    const Limits& limits = context_.limits;
    const runtime::Instant stalled =
        output_.isBlocked() ? output_.blockedSince() + limits.writeStall : kNever;
    switch (phase_) {
        case Phase::Head:
            return output_.isBlocked() ? stalled : since_ + (isIdle() ? limits.idle : limits.head);
        case Phase::Body:
            return std::min(stalled, since_ + limits.body);
        case Phase::Waiting:
            return std::min(stalled, since_ + limits.later);
        case Phase::Lingering:
            return since_ + limits.linger;
        case Phase::Streaming:
        case Phase::Closing:
            return stalled;
        case Phase::Over:
            return context_.now;
    }
    return kNever;
}

std::uint32_t Connection::interest() const {
    const bool input = wantsInput();
    const bool pending = output_.pending() > 0;
    const bool read = (input && !readNeedsWrite_) || (pending && output_.needsRead());
    const bool write = (pending && !output_.needsRead()) || (input && readNeedsWrite_);
    return (read ? Poller::kRead : 0) | (write ? Poller::kWrite : 0);
}

bool Connection::wantsTurn() const {
    return (unfinished_ && output_.pending() == 0) || (moreBuffered_ && wantsInput());
}

// ---------------------------------------------------------------------------------------- requests

// What Connection does with requests: reads them, has them handled, takes later answers.
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
    std::variant<Response, Later> answer;
    try {
        answer = match_.route->handler(request);
    } catch (const std::exception& error) {
        answer = failed(error);
    }
    input_.consume(head_->contentLength());
    if (const auto* later = std::get_if<Later>(&answer)) {
        handleLater(*later);
    } else {
        complete(std::get<Response>(answer));
    }
}

void Connection::handleLater(const Later& later) {
    if (!context_.quota.hold(place_)) {
        complete(Response::unavailable("Too many requests wait for an answer; try again.\n"));
        return;
    }
    ExchangeSink& sink = *this;
    exchange_ = std::make_shared<Exchange>(context_.mailbox, sink);
    enter(Phase::Waiting);
    try {
        later(Responder(exchange_));
    } catch (const std::exception& error) {
        // Its Responder went with it, unless it was kept: then this answers for it.
        complete(failed(error));
    }
}

Response Connection::failed(const std::exception& error) {
    ++context_.stats.failures;
    context_.log.error("a request failed",
                       {{"path", std::string(head_->path())}, {"error", error.what()}});
    return Response::text(kInternalError, kFailed);
}

void Connection::onRespond(const Response& response) {
    if (phase_ == Phase::Waiting) {
        complete(response);
        markTurn();
    }
}

void Connection::onStream(const Response& head, Source source) {
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
        source_ = std::move(source);
        hasMore_ = true;
        if (peerEnded_) {
            enter(Phase::Over);
        }
    }
    markTurn();
}

void Connection::onMore() {
    hasMore_ = true;
    markTurn();
}

// Sends what the source has, as long as the peer takes it.
void Connection::pull() {
    while (phase_ == Phase::Streaming && hasMore_ && output_.pending() == 0) {
        const std::string piece = source_();
        hasMore_ = !piece.empty();
        appendPiece(piece);
        send();
    }
}

void Connection::appendPiece(std::string_view bytes) {
    if (chunked_) {
        ResponseWriter::appendChunk(output_.bytes(), bytes);
    } else {
        output_.bytes() += bytes;
    }
}

void Connection::onFinish() {
    if (phase_ != Phase::Streaming) {
        return;
    }
    // The last that it has, also for a peer that has not taken what came before.
    for (std::string piece = source_(); !piece.empty(); piece = source_()) {
        appendPiece(piece);
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

}  // namespace elector::http
