#pragma once

#include <csignal>
#include <optional>
#include <string>

#include "elector/election/instant.h"

namespace elector::runtime {

// SIGTERM and SIGINT, which ask a program to end, taken one by one by whoever waits for them. To be
// made first of all, before any thread: they stay blocked in every thread from then on, so that
// process 1 of a container, which has no default handlers, ends on them too. SIGPIPE is ignored.
//
// Threads: one waits.
class EndingSignals {
  public:
    EndingSignals();

    // Waits for one; its name.
    std::string await() const;
    // The same for at most `limit`; nothing where none came.
    std::optional<std::string> await(election::Duration limit) const;

    // Lets them end the process as by default: for commands that end by themselves, at which
    // somebody may lose patience.
    void unblock() const;

  private:
    sigset_t signals_;
};

}  // namespace elector::runtime
