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

// Opens /dev/null for each of standard input, output and error that is closed, so that no other
// file or socket takes its number and gets what is written there. To be called first of all.
void occupyStandardStreams();

// Writes "PROGRAM: SENTENCE" as a line to standard error. Where that cannot be written it is lost:
// the exit code, which the caller chooses, tells the rest.
void complain(const std::string& program, const std::string& sentence);

// Unmaps the pages of the program and its libraries that hold code and constants, so that only
// those are mapped again that are used from here on: by the page cache, without reading a disk.
// What the loader and the start needed (symbol tables, relocations, parsers of settings and keys)
// is nearly two thirds of all that is resident, and nothing looks at it again. Measured of a
// follower with its watch open (tests/bench, memory): 13.9 MiB resident before, 6.0 MiB after, 3.0
// and 2.4 MiB proportional.
//
// Threads: any, while others run.
void unmapStartUpPages();

// Does so five seconds from now, and gives the heap's holes back to the system (40 KiB): by then
// the state of the Lease is known and the watch is open, a webhook has its certificate, an operator
// follows what it is about, where the API server answers. The name of the signal that came before,
// if one did.
std::optional<std::string> leaveStartUpBehind(const EndingSignals& signals);

}  // namespace elector::runtime
