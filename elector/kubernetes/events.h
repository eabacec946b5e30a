#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "elector/election/lease.h"
#include "elector/kubernetes/access.h"
#include "elector/kubernetes/client.h"
#include "elector/names.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

// The Pod that an elector runs in.
struct PodReference {
    std::string space;
    std::string name;
    std::string uid;
};

// Posts Kubernetes Events about who leads, as client-go words them: reason LeaderElection, message
// "ID became leader" or "ID stopped leading", on the Lease and, where it is known, on the Pod.
//
// Best effort: over a connection and by a thread of its own, so that the election waits for
// nothing; what cannot be posted in time is dropped. A missing permission is logged once.
//
// Threads: any may call record(). The destructor posts what is queued, for at most kPostLimit and
// kClosingLimit together.
class EventRecorder {
  public:
    // `clock` and `log` must outlive the recorder. Throws std::system_error where no thread can be
    // started.
    EventRecorder(Access access, const runtime::Clock& clock, const runtime::Log& log,
                  std::optional<PodReference> pod);

    // `leaseUid` may be "" where it is not known; `message` is a sentence such as "web-0 became
    // leader".
    void record(const election::LeaseKey& lease, const std::string& leaseUid,
                const std::string& message);

    static constexpr std::chrono::seconds kPostLimit{2};
    static constexpr std::chrono::seconds kClosingLimit{1};
    // Two Events for each change of leader; more changes than this in the time that a post may take
    // are not worth telling one by one.
    static constexpr std::size_t kMaxQueued = 32;

  private:
    struct Post {
        std::string path;
        std::string body;
    };

    void run(const std::stop_token& stop);
    std::optional<Post> take();
    void post(const Post& post, Instant deadline);

    const runtime::Clock& clock_;
    const runtime::Log& log_;
    const std::optional<PodReference> pod_;
    const std::string instance_;  // what keeps the names of two processes' Events apart
    Client client_;               // of the thread
    bool toldForbidden_ = false;  // of the thread
    runtime::Wake wake_;
    std::mutex mutex_;
    std::deque<Post> queue_;
    std::uint64_t recorded_ = 0;
    std::jthread thread_;  // last, so that it ends before what it uses
};

// The body of one Event on `object` (an involvedObject, JSON): the recorder's, where nothing else
// is said.
struct EventText {
    std::string space;
    std::string name;
    std::string object;
    std::string message;
    election::WallTime time;
    std::string reason = "LeaderElection";
    std::string type = "Normal";
    std::string component = names::kContainer;
};
std::string eventBody(const EventText& event);

}  // namespace elector::kubernetes
