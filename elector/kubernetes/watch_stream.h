#pragma once

#include <array>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "elector/kubernetes/client.h"
#include "elector/runtime/json_filter.h"

namespace elector::kubernetes {

struct WatchEvent {
    std::string type;    // ADDED, MODIFIED, DELETED, BOOKMARK; "" where it cannot be read
    std::string object;  // JSON, as far as it is kept; "" where it cannot be read
    // How many parts of it did not fit into what is kept of them.
    std::size_t leftOut = 0;
    // What is wrong with an event that cannot be read, in a phrase; "" where it can.
    std::string problem;
};

// The events of a watch, read one by one. An event counts only with the line end after it: of an
// answer that is cut off the last piece is dropped, however it looks. One that cannot be read, or
// of which more than kMaxEvent bytes would have to be kept, is told as such, and the watch goes on
// behind it: whoever watches decides whether it can do without it.
//
// Threads: as the client's.
class WatchStream {
  public:
    // `client` must outlive the stream, and is used by nobody else meanwhile. So must `object`:
    // what is kept of the objects.
    explicit WatchStream(Client& client, const json_text::Keep& object = kAllOfIt);
    WatchStream(const WatchStream&) = delete;
    WatchStream& operator=(const WatchStream&) = delete;

    // Asks for the events at the request's path, which says watch=1. `setUp` bounds the time until
    // the head of the answer, and `stream` what follows.
    Result<Done> open(const Request& request, const Limits& setUp, const Limits& stream);

    // Waits for the next event. Gone where the server ended the watch, in whatever way, or said
    // so; else what an ERROR event said. After an error the stream is over.
    Result<WatchEvent> next();

    // An event holds one object.
    static constexpr std::size_t kMaxEvent = Client::kMaxBody;

  private:
    static constexpr json_text::Keep kAllOfIt{};
    // Bytes that the stream is read by: an event of a Lease has one or two thousand.
    static constexpr std::size_t kBlock = 4096;

    // Reads one line into the filter.
    Result<Done> readLine();
    WatchEvent event();

    Client& client_;
    std::array<json_text::Keep::Member, 1> members_;
    json_text::Keep keep_;
    json_text::Filter filter_;
    std::array<char, kBlock> block_{};
    std::string_view pending_;  // of the block, not looked at yet
    bool isBlank_ = true;       // nothing came of this line
};

// A watch of a collection, from where a list ended.
struct Watch {
    std::string collection;  // its path
    std::string query;       // "fieldSelector=..." or "labelSelector=...", encoded; "" for all
    std::string version;     // of the list
    std::string accept = "application/json";
    const json_text::Keep& object;  // what is kept of each
    Duration setUp;                 // until the head of the answer has come
    Duration silence;               // how long nothing may come then; Duration::max(): any time
};

// Opens it, asking for bookmarks and for half an hour to an hour of it, so that the watches of many
// do not end together, and calls `each` for each event until it answers an error. Returns why the
// watch ended: that error, or Gone where the server just ended it.
ApiError follow(Client& client, const runtime::Clock& clock, const Watch& watch,
                const std::stop_token& stop,
                const std::function<std::optional<ApiError>(const WatchEvent&)>& each);

}  // namespace elector::kubernetes
