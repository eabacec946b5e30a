#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>

namespace elector::http {

// A Poco socket around a descriptor, which it owns and closes.
class DescriptorSocket : public Poco::Net::StreamSocket {
  public:
    explicit DescriptorSocket(int descriptor);
};

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
    explicit Channel(int descriptor) : socket_(descriptor), descriptor_(descriptor) {}
    // Closes the socket, although others may still refer to it.
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

    // Reads from the socket itself, past any protocol.
    IoResult receive(char* into, std::size_t size) const;

    const Poco::Net::Socket& socket() const { return socket_; }

  protected:
    int descriptor() const { return descriptor_; }
    void endTransport() const;

  private:
    DescriptorSocket socket_;
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
    void endWriting() override { endTransport(); }
};

}  // namespace elector::http
