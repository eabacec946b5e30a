#pragma once

#include <string>

#include "elector/kubernetes/client.h"

namespace elector::kubernetes {

struct WatchEvent {
    std::string type;    // ADDED, MODIFIED, DELETED, BOOKMARK
    std::string object;  // JSON
};

// The events of a watch, read one by one. An event counts only with the line end after it: of an
// answer that is cut off the last piece is dropped, however it looks.
//
// Threads: as the client's.
class WatchStream {
  public:
    // `client` must outlive the stream, and is used by nobody else meanwhile.
    explicit WatchStream(Client& client) : client_(client) {}

    // Asks for the events at the request's path, which says watch=1. `setUp` bounds the time until
    // the head of the answer, and `stream` what follows.
    Result<Done> open(const Request& request, const Limits& setUp, const Limits& stream);

    // Waits for the next event. Gone where the server ended the watch, in whatever way, or said
    // so; else what an ERROR event said. After an error the stream is over.
    Result<WatchEvent> next();

    // An event holds one object.
    static constexpr std::size_t kMaxLine = Client::kMaxBody;

  private:
    Result<std::string> readLine();

    Client& client_;
    std::string buffer_;
};

}  // namespace elector::kubernetes
