#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace elector::http {

// One connection to a server under test, by bare socket calls, so that it can do what a proper
// client would not. Every wait has a generous bound, past which it throws std::runtime_error.
class TestClient {
  public:
    // `from`: the client's own address, of the same family; "": the one that the kernel picks.
    // `receiveBuffer`: of how many bytes its kernel's is; 0: as usual.
    explicit TestClient(std::uint16_t port, const std::string& host = "127.0.0.1",
                        const std::string& from = "", int receiveBuffer = 0);
    virtual ~TestClient();
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    virtual void send(std::string_view bytes);
    // Sends what the kernel takes without waiting; returns how much that was.
    std::size_t sendWhatFits(std::string_view bytes);
    void endWriting();

    // One answer: its head and, by its Content-Length, its body.
    std::string answer();
    // The same to a HEAD request.
    std::string headOnly();
    // All that comes until `end` has come, `end` included.
    std::string until(std::string_view end);
    // All that comes until the server closes (or resets) the connection.
    std::string rest();

    // A GET with a proper Host, and its answer.
    std::string get(const std::string& path);

    int descriptor() const { return descriptor_; }

  protected:
    // Some bytes; "" at the end.
    virtual std::string receive();
    void waitFor(short events) const;

  private:
    int descriptor_;
    std::string ahead_;  // received, not yet returned
};

// The same over TLS, trusting the certificates in `authorities` (PEM) for `name`.
class TlsTestClient final : public TestClient {
  public:
    TlsTestClient(std::uint16_t port, const std::string& authorities,
                  const std::string& name = "localhost", const std::string& from = "");
    ~TlsTestClient() override;

    void send(std::string_view bytes) override;
    // The common name in the server's certificate.
    std::string serverName() const;
    // How many certificates the server sent.
    int chainLength() const;

  protected:
    std::string receive() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Repeats `condition` until it holds; false when it still does not after a generous time.
template <typename Condition>
bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
    }
    return true;
}

}  // namespace elector::http
