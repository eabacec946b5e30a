#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

#include "elector/election/leadership.h"

namespace elector::campaign {

// The standings that a campaign tells, for whoever passes them on without being asked: streams,
// callbacks, files. It is a state, not a log: only the newest one is kept, and the last "no".
//
// An observer subscribes with a function that wakes it, remembers the number of what it has read,
// and reads by after() in a thread of its own (or in the server's loop). So an observer that is
// slow misses what came between, but neither the newest standing nor that there was a "no" before
// it; nothing is queued for it, and the election waits for nobody.
//
// A "yes" that is passed on outlives the comparison with the clocks that a reader makes (S2). So
// whoever passes it on reads the clocks after it, passes on what answerAt() makes of it, and with a
// "yes" its end: term->validUntil. The end is told when it is due; but a program must not rely on
// hearing of it, since this process may be stopped meanwhile.
//
// When the process leaves, observers are woken with the "no" before the campaign announces it: what
// an observer in the server's loop does then, is done before the announcement is acknowledged. An
// observer elsewhere may be later; the drain gives it the time.
//
// Threads: any, at any time. publish() by one at a time.
class Feed {
  public:
    // Ends what subscribe() began: the function is not running any more, nor called again.
    class Subscription {
      public:
        Subscription(const Subscription&) = delete;
        Subscription& operator=(const Subscription&) = delete;
        ~Subscription();

      private:
        friend class Feed;
        Subscription(Feed& feed, std::function<void()> wake);

        Feed& feed_;
        std::list<std::function<void()>>::iterator place_;
    };

    // Has `wake` called after each publication, by the thread that publishes. It must neither wait
    // nor throw, nor call this feed's subscribe() or end a Subscription; it may call after(). The
    // feed outlives the Subscription.
    [[nodiscard]] Subscription subscribe(std::function<void()> wake);

    // What to read next after the standing number `seq` (0: none was read yet): the last "no", if
    // it was not read, then the newest one. Nothing where there is nothing newer; without
    // `renewals` also where whoever led only leads for longer.
    std::optional<election::Standing> after(std::uint64_t seq, bool renewals = true) const;

    // Takes what an election told, in order, and wakes all observers if there is any.
    void publish(const std::vector<election::Standing>& told);

  private:
    mutable std::mutex mutex_;  // held for no longer than it takes to copy a standing
    election::Standing newest_;
    election::Standing lastNo_;
    std::uint64_t lastChange_ = 1;  // the number of the last one that did more than renew

    std::mutex observersMutex_;
    std::list<std::function<void()>> observers_;
};

}  // namespace elector::campaign
