#pragma once

#include <chrono>
#include <cstddef>

namespace elector::http {

// Limits per server, per client address and per connection. The defaults are those of the elector's
// API: small answers, no bodies, peers that it does not know. With them connections take at most
// 896 descriptors, so that the usual limit of 1,024 suffices.
struct Limits {
    // The loopback has a quota of its own: what the Pod network holds never keeps out the program
    // on localhost, and the other way round the kubelet.
    std::size_t loopbackConnections = 640;
    std::size_t remoteConnections = 256;
    std::size_t connectionsPerRemote = 64;  // of one address of the network (RemoteAddress)

    // The memory that all connections may take together: what they have sent and was not handled,
    // answers that they have not read, TLS, and the kernel's buffers, which a control group (v2)
    // counts as well. Beyond it the server closes connections of the address that takes the most.
    // The loopback and the network may count on half of it each. The limit of a container follows
    // from it: docs/decisions/0015.
    std::size_t memoryBytes = std::size_t{16} << 20U;
    // The kernel's buffers of one connection, as setsockopt() takes them; the kernel doubles both,
    // and counts its own bookkeeping in them.
    int receiveBuffer = 4096;
    int sendBuffer = 16384;

    std::size_t headBytes = 8192;
    std::size_t headerFields = 64;
    // The largest body of a request; 0: this server takes none.
    std::size_t bodyBytes = 0;
    // All bodies that are being received: what they can take of the memory. Beyond it those of an
    // address arrive one after the other (BodyQuota).
    std::size_t bufferedBytes = std::size_t{64} << 20U;

    // A request's head, TLS handshake included, and then its body: first byte to last.
    std::chrono::milliseconds head = std::chrono::seconds(10);
    std::chrono::milliseconds body = std::chrono::seconds(10);
    // Between two requests. Above the 90 s of Go's clients, so that it is them who close: a request
    // never meets a connection that is just being closed.
    std::chrono::milliseconds idle = std::chrono::seconds(120);
    // The peer takes nothing of what is to be sent.
    std::chrono::milliseconds writeStall = std::chrono::seconds(10);
    // A handler that answers later has to begin its answer within this, or 503 is answered.
    std::chrono::milliseconds later = std::chrono::minutes(5);
    // After an answer that closes the connection: how long the peer may take to receive it. What it
    // still sends meanwhile is discarded, since closing at once would reset the connection and
    // could destroy the answer on its way.
    std::chrono::milliseconds linger = std::chrono::seconds(2);
    // After a stop: how long answers under way may take.
    std::chrono::milliseconds drain = std::chrono::seconds(5);
};

}  // namespace elector::http
