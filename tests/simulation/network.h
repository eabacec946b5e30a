#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "elector/election/action.h"
#include "elector/election/event.h"
#include "tests/simulation/api_model.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// The way between one machine and the API server; each direction can be cut by itself.
struct Link {
    Duration requestsCutUntil{0};
    Duration answersCutUntil{0};
    Duration refusedUntil{0};  // by 401: the token of this machine has expired
};

// One request, and what was known to its sender when it was made.
struct Call {
    enum class Kind { Read, Write, List };

    Kind kind = Kind::Read;
    std::optional<election::WriteRequest> write;
    int process = 0;
    election::Instant sentAt;  // on the sender's boot clock
    bool wasLeading = false;
    std::string termUid;            // of the Lease that the sender led under
    std::uint64_t termLanding = 0;  // of the last write of its term until then
};

// Carries requests to the API server and answers back: late, twice, or not at all.
class Network {
  public:
    // The answer, and for a list the place in the changes where a watch goes on.
    using Deliver = std::function<void(const election::Event&, std::size_t place)>;
    using Landed = std::function<void(const Call&, const election::Landed&)>;

    // `longDelay` bounds what counts as slow.
    Network(EventQueue& queue, ApiModel& api, Random& random, Duration longDelay)
        : queue_(queue), api_(api), random_(random), longDelay_(longDelay) {}

    // Told of every write when the server applies it.
    void onLanded(Landed tell) { landed_ = std::move(tell); }

    // Asked about every request: nothing lets it go its way, else it is answered so, or never.
    using Instead = std::function<std::optional<std::optional<election::Event>>(const Call&)>;
    void answerInstead(Instead instead) { instead_ = std::move(instead); }

    void submit(const Call& call, Link& link, Deliver deliver);
    // When something sent now arrives, on a way that is cut until then; nothing if it is lost.
    std::optional<Duration> arrival(Duration cutUntil);
    Duration hop();

    // Faults. Permille of requests; each until switched off by calm().
    void setLoss(int permille) { loss_ = permille; }
    void setDuplicates(int permille) { duplicates_ = permille; }
    void setLateness(int permille) { lateness_ = permille; }
    void failUntil(Duration when) { outageUntil_ = when; }
    void slowUntil(Duration when) { slowUntil_ = when; }
    // Requests are answered with one of these errors.
    void stormUntil(Duration when, int permille, std::vector<election::ErrorKind> kinds);
    // The answer of the next write that acquires the Lease takes `howLong`; `landed` is told at
    // once which process sent it.
    void holdNextAcquisition(Duration howLong, std::function<void(int process)> landed) {
        heldFor_ = howLong;
        held_ = std::move(landed);
    }
    // The next request of that process is never answered, nor does it arrive.
    void swallowNextOf(int process) { swallowed_ = process; }
    void calm();

  private:
    bool refuse(const Call& call, const Link& link, const Deliver& deliver);
    void carry(const Call& call, const Link& link, const Deliver& deliver);
    election::Event apply(const Call& call);
    std::optional<Duration> wayBack(const Call& call, const Link& link,
                                    const election::Event& answer);

    EventQueue& queue_;
    ApiModel& api_;
    Random& random_;
    const Duration longDelay_;
    Landed landed_;
    Instead instead_;

    int loss_ = 0;
    int duplicates_ = 0;
    int lateness_ = 0;
    Duration outageUntil_{0};
    Duration slowUntil_{0};
    Duration stormUntil_{0};
    int storm_ = 0;
    std::vector<election::ErrorKind> stormKinds_;
    std::optional<int> swallowed_;
    Duration heldFor_{0};
    std::function<void(int process)> held_;
};

// The event that answers a call with an error.
election::Event failureOf(Call::Kind kind, const election::ApiError& error);

}  // namespace elector::simulation
