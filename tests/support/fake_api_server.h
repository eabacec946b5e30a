#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "elector/runtime/clock.h"
#include "tests/support/api_fault.h"
#include "tests/support/api_request.h"
#include "tests/support/certificates.h"
#include "tests/support/lease_table.h"
#include "tests/support/watch_orders.h"

namespace elector::test {

// A Kubernetes API server as far as an elector sees one, in this process: HTTPS on a port of
// 127.0.0.1, Leases (get, list, watch, PUT) and Events (POST), bearer tokens, rights by verb. What
// can go wrong with a real one goes wrong with this one on request.
//
// A thread per connection: for tests, of a few clients. Threads: any may call.
class FakeApiServer {
  public:
    static constexpr const char* kToken = "first-token";

    // Serves when the constructor returns; kToken is accepted and everything is allowed.
    FakeApiServer();
    ~FakeApiServer();
    FakeApiServer(const FakeApiServer&) = delete;
    FakeApiServer& operator=(const FakeApiServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const;  // https://127.0.0.1:PORT
    const std::string& caCertificate() const { return authority_.certificate(); }
    // The text of a kubeconfig for it: with a token, or with a file that holds one.
    std::string kubeconfig(const std::string& token = kToken) const;
    std::string kubeconfigWithTokenFile(const std::string& path) const;

    // The Leases, for edits by hand.
    LeaseTable& leases() { return leases_; }
    // The Events received, as sent.
    std::vector<std::string> events() const;

    // Other tokens are answered 401.
    void acceptTokens(std::set<std::string> tokens);
    // These verbs (see ApiRequest::verb) are answered 403, all others are allowed.
    void forbid(std::set<std::string> verbs);

    // Asked about every request before anything else, by the thread of the connection.
    void onRequest(std::function<ApiFault(const ApiRequest&)> hook);
    // Ends the waits of requests and handshakes that hang, and cuts or answers them as their fault
    // says.
    void releaseHung();

    // For connections made from now on.
    void setTls(TlsMode mode);
    // Cuts all connections.
    void dropConnections();
    // While down, new connections are reset before the handshake, and the open ones are cut.
    void setDown(bool down);

    // Watches tell nothing while held: they lag, or are silent.
    void holdWatches(bool held);
    void repeatWatchEvents() { order(WatchOrders::Kind::Repeat); }
    void sendBookmark() { order(WatchOrders::Kind::Bookmark); }
    void closeWatches() { order(WatchOrders::Kind::Close); }
    void cutWatches() { order(WatchOrders::Kind::Cut); }
    // Sends an ERROR event of 410, as a real one does to who lags too far behind.
    void expireWatches();
    // Sends a line as it stands; the caller gives the line feed.
    void sendToWatches(std::string line) { order(WatchOrders::Kind::Send, std::move(line)); }

    // All requests so far, refused ones included, in the order in which they were read.
    std::vector<ApiRequest> requests() const;
    int count(const std::string& verb) const;
    // Waits until `count(verb)` is at least `count`; false where `limit` ends first.
    bool waitForCount(const std::string& verb, int count, std::chrono::milliseconds limit) const;
    int openWatches() const;

  private:
    struct Connection {
        std::stop_source cut;
        std::jthread thread;
    };
    struct Answer {
        int status = 200;
        std::string body;
    };

    void listenOnLoopback();
    void acceptConnections(const std::stop_token& stop);
    void serve(int socket, const std::stop_token& cut);
    bool greet(TlsConnection& connection, TlsMode mode, const std::stop_token& cut);
    // False where the connection is not to be used again.
    bool answer(TlsConnection& connection, const ApiRequest& request, const std::stop_token& cut);
    bool answerFaulty(TlsConnection& connection, const ApiRequest& request, const ApiFault& fault,
                      const std::stop_token& cut);
    bool drip(TlsConnection& connection, const std::string& text, const std::stop_token& cut);
    Answer refusalOf(const ApiRequest& request) const;
    Answer apply(const ApiRequest& request);
    bool watch(TlsConnection& connection, const ApiRequest& request, const std::stop_token& cut);
    std::string forbidden(const ApiRequest& request, const std::string& verb) const;
    ApiFault record(const ApiRequest& request);
    void order(WatchOrders::Kind kind, std::string line = {});
    // Until releaseHung() or `cut`.
    void awaitRelease(const std::stop_token& cut);

    runtime::SystemClock clock_;
    CertificateAuthority authority_;
    ServerContext context_;
    ServerContext wrongContext_;
    LeaseTable leases_;
    WatchOrders orders_;
    int listener_ = -1;
    std::uint16_t port_ = 0;

    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::vector<ApiRequest> requests_;
    std::vector<std::string> events_;
    std::set<std::string> tokens_{kToken};
    std::set<std::string> forbidden_;
    std::function<ApiFault(const ApiRequest&)> hook_;
    TlsMode tls_ = TlsMode::Proper;
    bool down_ = false;
    int released_ = 0;
    int openWatches_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::jthread acceptor_;
};

}  // namespace elector::test
