#pragma once

#include <cstddef>

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

}  // namespace elector::http
