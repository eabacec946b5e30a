#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "elector/runtime/clock.h"

namespace elector::http {

enum class IoStatus {
    Done,        // some bytes passed
    WantsRead,   // try again when the socket is readable
    WantsWrite,  // try again when the socket is writable
    Ended,       // the peer sends no more
    Failed,      // the connection is broken
};

struct IoResult {
    IoStatus status = IoStatus::Failed;
    std::size_t size = 0;  // with Done: above zero
};

// Bytes to and from one peer over a non-blocking socket; nothing here waits. By read() and write()
// of the system rather than Poco's, whose SecureStreamSocket waits inside the handshake.
// Threads: one (the loop's).
class Channel {
  public:
    // Takes over a connected, non-blocking descriptor.
    explicit Channel(int descriptor) : descriptor_(descriptor) {}
    // Closes the socket. What was written and has not arrived is sent on by the kernel, unless
    // abandon() was called.
    virtual ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    virtual IoResult read(char* into, std::size_t size) = 0;
    virtual IoResult write(const char* from, std::size_t size) = 0;

    // False while a handshake is under way. read() carries it on.
    virtual bool isEstablished() const = 0;
    // Bytes that read() can return although the socket is not readable.
    virtual std::size_t buffered() const = 0;
    // Tells the peer that nothing more will be written.
    virtual void endWriting() = 0;

    // At most so many bytes the channel itself keeps in memory.
    virtual std::size_t keeps() const = 0;

    // Reads from the socket itself, past any protocol.
    IoResult receive(char* into, std::size_t size) const;

    // What the kernel holds for this socket, by its own count.
    struct Held {
        std::size_t toSend = 0;    // written, and not yet acknowledged by the peer
        std::size_t received = 0;  // and not yet read
    };
    Held held() const;
    // The peer has not acknowledged all that was written.
    bool isUnderWay() const;
    // Has the destructor reset the connection where something is under way: the kernel forgets it
    // at once. So a peer that reads nothing cannot leave its answers in the kernel, which keeps
    // them for minutes, beyond its connection.
    void abandon() const;

    int descriptor() const { return descriptor_; }

  protected:
    void endTransport() const;

  private:
    int descriptor_;
};

// Without TLS.
class PlainChannel final : public Channel {
  public:
    using Channel::Channel;
    IoResult read(char* into, std::size_t size) override { return receive(into, size); }
    IoResult write(const char* from, std::size_t size) override;
    bool isEstablished() const override { return true; }
    std::size_t buffered() const override { return 0; }
    std::size_t keeps() const override { return 0; }
    void endWriting() override { endTransport(); }
};

// TLS, server's side, by OpenSSL on the non-blocking socket. The handshake is carried on by read().
class TlsChannel final : public Channel {
  public:
    // `context` is used for this connection only as it is now; what its certificate callback does
    // decides which certificate is shown. Throws std::runtime_error where OpenSSL has no memory.
    TlsChannel(int descriptor, SSL_CTX* context);

    IoResult read(char* into, std::size_t size) override;
    IoResult write(const char* from, std::size_t size) override;
    bool isEstablished() const override;
    std::size_t buffered() const override;
    std::size_t keeps() const override;
    void endWriting() override;

  private:
    IoResult result(int returned, std::size_t size) const;

    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    std::unique_ptr<SSL, Free> ssl_;
    bool broken_ = false;
};

// Bytes received and not yet handled.
class Input {
  public:
    void append(std::string_view bytes) { bytes_.append(bytes); }
    // Valid until the next append() or compact().
    std::string_view view() const { return std::string_view(bytes_).substr(handled_); }
    std::size_t size() const { return bytes_.size() - handled_; }

    // REQUIRES: size <= size().
    void consume(std::size_t size) { handled_ += size; }
    // Frees the room of what was consumed.
    void compact() {
        bytes_.erase(0, handled_);
        handled_ = 0;
        if (bytes_.empty() && bytes_.capacity() > kKeptBytes) {
            std::string().swap(bytes_);  // an assignment would keep the room
        }
    }

  private:
    static constexpr std::size_t kKeptBytes = 1024;

    std::string bytes_;
    std::size_t handled_ = 0;
};

// Bytes on their way to one peer.
class Output {
  public:
    enum class Sent { All, Blocked, Failed };

    // Sends as much as the channel takes.
    Sent send(Channel& channel, runtime::Instant now);

    // To append to.
    std::string& bytes() { return bytes_; }
    std::size_t pending() const { return bytes_.size() - sent_; }
    // What all of it takes of the memory.
    std::size_t room() const { return bytes_.capacity(); }

    // While blocked: since when the peer has taken nothing.
    bool isBlocked() const { return blocked_; }
    runtime::Instant blockedSince() const { return progress_; }
    // Blocked, and what it waits for is not room but bytes from the peer (TLS may want that).
    bool needsRead() const { return needsRead_; }

  private:
    std::string bytes_;
    std::size_t sent_ = 0;
    bool blocked_ = false;
    bool needsRead_ = false;
    runtime::Instant progress_;
};

}  // namespace elector::http
