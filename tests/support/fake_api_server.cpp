#include "tests/support/fake_api_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/support/api_answers.h"
#include "tests/support/watch_stream.h"

namespace elector::test {
namespace {

constexpr int kLookMs = 20;
constexpr std::chrono::milliseconds kDrip{50};

std::string kubeconfigText(const std::string& url, const std::string& ca,
                           const std::string& credential) {
    return fmt::format(
        "apiVersion: v1\nkind: Config\ncurrent-context: fake\n"
        "clusters:\n- name: fake\n  cluster:\n    server: {}\n"
        "    certificate-authority-data: {}\n"
        "users:\n- name: elector\n  user:\n    {}\n"
        "contexts:\n- name: fake\n  context:\n    cluster: fake\n    user: elector\n"
        "    namespace: default\n",
        url, base64(ca), credential);
}

}  // namespace

FakeApiServer::FakeApiServer()
    : context_(serverContext(authority_.issueServer({"fake", {}, {"localhost"}, {"127.0.0.1"}}))),
      wrongContext_(serverContext(authority_.issueServer({"other", {}, {"other.example"}, {}}))) {
    listenOnLoopback();
    acceptor_ = std::jthread([this](const std::stop_token& stop) { acceptConnections(stop); });
}

FakeApiServer::~FakeApiServer() {
    acceptor_.request_stop();
    acceptor_.join();
    for (auto& connection : connections_) {
        connection->cut.request_stop();
    }
    connections_.clear();
    close(listener_);
}

void FakeApiServer::listenOnLoopback() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, length) != 0 || listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, generic, &length) != 0) {
        throw std::runtime_error("the fake API server finds no port on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
}

void FakeApiServer::acceptConnections(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd waiting{listener_, POLLIN, 0};
        if (poll(&waiting, 1, kLookMs) <= 0) {
            continue;
        }
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            continue;
        }
        const std::scoped_lock lock(mutex_);
        if (down_) {
            const linger reset{1, 0};
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(socket);
            continue;
        }
        auto& connection = *connections_.emplace_back(std::make_unique<Connection>());
        connection.thread =
            std::jthread([this, socket, cut = connection.cut.get_token()] { serve(socket, cut); });
    }
}

void FakeApiServer::serve(int socket, const std::stop_token& cut) {
    TlsMode mode = TlsMode::Proper;
    {
        const std::scoped_lock lock(mutex_);
        mode = tls_;
    }
    const bool proper = mode == TlsMode::Proper || mode == TlsMode::Stall;
    TlsConnection connection(socket, proper ? context_.get() : wrongContext_.get(), cut);
    if (!greet(connection, mode, cut)) {
        return;
    }
    std::string buffered;
    while (auto request = readRequest(connection, buffered)) {
        request->at = clock_.now();
        if (!answer(connection, *request, cut)) {
            return;
        }
    }
}

bool FakeApiServer::greet(TlsConnection& connection, TlsMode mode, const std::stop_token& cut) {
    if (mode == TlsMode::Stall || mode == TlsMode::StallThenWrongName) {
        awaitRelease(cut);
    }
    return mode != TlsMode::Stall && connection.accept();
}

bool FakeApiServer::answer(TlsConnection& connection, const ApiRequest& request,
                           const std::stop_token& cut) {
    const ApiFault fault = record(request);
    if (fault.kind != ApiFault::Kind::None) {
        return answerFaulty(connection, request, fault, cut);
    }
    const Answer refused = refusalOf(request);
    if (refused.status > 299) {
        return connection.write(wholeAnswer(refused.status, refused.body));
    }
    if (request.verb == "watch") {
        return watch(connection, request, cut);
    }
    const Answer applied = apply(request);
    return connection.write(wholeAnswer(applied.status, applied.body));
}

bool FakeApiServer::answerFaulty(TlsConnection& connection, const ApiRequest& request,
                                 const ApiFault& fault, const std::stop_token& cut) {
    using Kind = ApiFault::Kind;
    const bool applies = fault.kind == Kind::Refuse
                             ? fault.applied
                             : fault.kind != Kind::Hang && fault.kind != Kind::ApplyLate &&
                                   fault.kind != Kind::Answer;
    const Answer applied = applies ? apply(request) : Answer{};
    const std::string text = wholeAnswer(applied.status, applied.body);
    switch (fault.kind) {
        case Kind::None:
        case Kind::LoseAnswer:
            return false;
        case Kind::Refuse:
            return connection.write(
                wholeAnswer(fault.status, statusObject(fault.status, "Fault", "as the test orders"),
                            fault.retryAfter));
        case Kind::Answer:
            return connection.write(wholeAnswer(200, fault.body));
        case Kind::Hang:
            awaitRelease(cut);
            return false;
        case Kind::ApplyLate:
            awaitRelease(cut);
            if (!cut.stop_requested()) {
                apply(request);
            }
            return false;
        case Kind::AnswerLate:
            awaitRelease(cut);
            return connection.write(text);
        case Kind::TruncateBody:
            connection.write(text.substr(0, text.size() - applied.body.size() / 2));
            return false;
        case Kind::TruncateChunk: {
            const std::string whole = chunk(applied.body);
            connection.write(chunkedHead() + whole.substr(0, whole.size() / 2));
            return false;
        }
        case Kind::Drip:
            return drip(connection, text, cut);
    }
    return false;
}

bool FakeApiServer::drip(TlsConnection& connection, const std::string& text,
                         const std::stop_token& cut) {
    for (const char character : text) {
        if (!connection.write(std::string(1, character)) || connection.isClosedByClient()) {
            return false;
        }
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, cut, kDrip, [] { return false; });
        if (cut.stop_requested()) {
            return false;
        }
    }
    return true;
}

FakeApiServer::Answer FakeApiServer::refusalOf(const ApiRequest& request) const {
    const std::scoped_lock lock(mutex_);
    if (!tokens_.contains(request.token())) {
        return {401, statusObject(401, "Unauthorized", "Unauthorized")};
    }
    // A PUT that may create needs both rights, as in the real one.
    const std::string needed = request.verb == "create" ? "update" : request.verb;
    for (const std::string& verb : {request.verb, needed}) {
        if (forbidden_.contains(verb)) {
            return {403, statusObject(403, "Forbidden", forbidden(request, verb))};
        }
    }
    return {};
}

std::string FakeApiServer::forbidden(const ApiRequest& request, const std::string& verb) const {
    const bool event = verb == "event";
    return fmt::format(
        "{}{} is forbidden: User \"system:serviceaccount:default:web\" cannot {} resource \"{}\" "
        "in API group \"{}\" in the namespace \"{}\"",
        event ? "events" : "leases.coordination.k8s.io",
        request.lease.name.empty() ? "" : fmt::format(" \"{}\"", request.lease.name),
        event ? "create" : verb, event ? "events" : "leases", event ? "" : "coordination.k8s.io",
        request.lease.space);
}

FakeApiServer::Answer FakeApiServer::apply(const ApiRequest& request) {
    if (request.verb == "list") {
        const auto name = request.lease.name.empty()
                              ? std::nullopt
                              : std::optional<std::string>(request.lease.name);
        return {200, leaseList(leases_.list(request.lease.space, name))};
    }
    if (request.verb == "event") {
        const std::scoped_lock lock(mutex_);
        events_.push_back(request.body);
        changed_.notify_all();
        return {201, request.body};
    }
    TableAnswer answer{404, "NotFound", "the server could not find the requested resource", {}};
    if (request.verb == "get") {
        answer = leases_.get(request.lease);
    } else if (request.verb == "create" || request.verb == "update") {
        answer = leases_.put(request.lease, request.body);
    }
    return {answer.status, answer.status < 300
                               ? answer.object
                               : statusObject(answer.status, answer.reason, answer.message)};
}

bool FakeApiServer::watch(TlsConnection& connection, const ApiRequest& request,
                          const std::stop_token& cut) {
    const std::size_t firstOrder = orders_.count();
    {
        const std::scoped_lock lock(mutex_);
        ++openWatches_;
    }
    const bool usable = streamWatch(connection, request, leases_, orders_, firstOrder, cut);
    const std::scoped_lock lock(mutex_);
    --openWatches_;
    return usable;
}

ApiFault FakeApiServer::record(const ApiRequest& request) {
    std::function<ApiFault(const ApiRequest&)> hook;
    {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
        hook = hook_;
    }
    changed_.notify_all();
    return hook ? hook(request) : ApiFault{};
}

void FakeApiServer::awaitRelease(const std::stop_token& cut) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, cut, [this, before = released_] { return released_ > before; });
}

std::string FakeApiServer::url() const {
    return fmt::format("https://127.0.0.1:{}", port_);
}

std::string FakeApiServer::kubeconfig(const std::string& token) const {
    return kubeconfigText(url(), caCertificate(), "token: " + token);
}

std::string FakeApiServer::kubeconfigWithTokenFile(const std::string& path) const {
    return kubeconfigText(url(), caCertificate(), "tokenFile: " + path);
}

std::vector<std::string> FakeApiServer::events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
}

void FakeApiServer::acceptTokens(std::set<std::string> tokens) {
    const std::scoped_lock lock(mutex_);
    tokens_ = std::move(tokens);
}

void FakeApiServer::forbid(std::set<std::string> verbs) {
    const std::scoped_lock lock(mutex_);
    forbidden_ = std::move(verbs);
}

void FakeApiServer::onRequest(std::function<ApiFault(const ApiRequest&)> hook) {
    const std::scoped_lock lock(mutex_);
    hook_ = std::move(hook);
}

void FakeApiServer::releaseHung() {
    {
        const std::scoped_lock lock(mutex_);
        ++released_;
    }
    changed_.notify_all();
}

void FakeApiServer::setTls(TlsMode mode) {
    const std::scoped_lock lock(mutex_);
    tls_ = mode;
}

void FakeApiServer::dropConnections() {
    const std::scoped_lock lock(mutex_);
    for (auto& connection : connections_) {
        connection->cut.request_stop();
    }
}

void FakeApiServer::setDown(bool down) {
    {
        const std::scoped_lock lock(mutex_);
        down_ = down;
    }
    if (down) {
        dropConnections();
    }
}

void FakeApiServer::holdWatches(bool held) {
    orders_.hold(held);
    leases_.poke();
}

void FakeApiServer::order(WatchOrders::Kind kind, std::string line) {
    orders_.give(kind, std::move(line));
    leases_.poke();
}

void FakeApiServer::expireWatches() {
    order(WatchOrders::Kind::Send, expiredLine());
    order(WatchOrders::Kind::Close);
}

std::vector<ApiRequest> FakeApiServer::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

int FakeApiServer::count(const std::string& verb) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<int>(
        std::count_if(requests_.begin(), requests_.end(),
                      [&](const ApiRequest& request) { return request.verb == verb; }));
}

bool FakeApiServer::waitForCount(const std::string& verb, int count,
                                 std::chrono::milliseconds limit) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] {
        return std::count_if(requests_.begin(), requests_.end(), [&](const ApiRequest& request) {
                   return request.verb == verb;
               }) >= count;
    });
}

int FakeApiServer::openWatches() const {
    const std::scoped_lock lock(mutex_);
    return openWatches_;
}

}  // namespace elector::test
