#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "elector/election/lease.h"
#include "elector/exec/director.h"
#include "elector/runtime/descriptor.h"

namespace elector::exec {

// What a guard is made for.
struct Task {
    std::vector<std::string> command;  // the program and its arguments; not empty
    Duration grace{};
    // While this name is held by a guard, no other with the same one starts a program: what a
    // wrapper that was killed has left behind is dead before the next wrapper begins.
    election::LeaseKey lease;
    std::string holder;
};

// A process between the wrapper and the program. It is the program's parent and takes in what the
// program leaves behind (it is a subreaper), tells it to end and kills it by a timer of its own, so
// that it is dead in time though the wrapper be stopped, and at once tells it to end where the
// wrapper is gone. It has one thread and does nothing else.
//
// If the guard is killed, the kernel kills the program, and the rest becomes the wrapper's.
//
// Threads: one.
class Guard {
  public:
    // Forks it. REQUIRES: this process has one thread, and has blocked all signals. Throws
    // std::system_error.
    explicit Guard(const Task& task);
    // Without the guard there is no program. Waits for its end.
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // None of these waits. What a guard that is stopped does not take is lost, but its timer runs.
    // Starts the program in a term that lasts until then, with these variables ("NAME=value")
    // besides its own. It is told to end, and killed, as a Fuse says. REQUIRES: none runs.
    void start(Instant validUntil, const std::vector<std::string>& environment);
    void extend(Instant validUntil);
    void lose();
    void forward(int signal);

    struct Report {
        enum class Kind { Started, Ended } kind = Kind::Started;
        int value = 0;      // the program's process id; its exit code, or 128 + signal
        bool lost = false;  // it had been told to end, or killed, since its term was over
    };
    // The next report, if one is there.
    std::optional<Report> receive();
    // Readable once there is a report, or once the guard is gone.
    int descriptor() const { return socket_.get(); }
    bool isGone() const { return gone_; }
    pid_t pid() const { return pid_; }

  private:
    void send(const std::string& bytes);

    runtime::Descriptor socket_;
    pid_t pid_ = -1;
    bool gone_ = false;
};

// Blocks every signal that can be, and lets them be read from the descriptor instead.
runtime::Descriptor takeSignals();

// Lets this thread run before all others of the node as soon as it has something to do, where the
// process may ask for that (CAP_SYS_NICE): who has to kill in time is late on a busy node. What it
// starts is not affected.
void runFirst();

// Makes orphans below this process its children, which it has to wait for.
void adoptOrphans();

// Sends `signal` to every process below this one but for `except`; with a `group` only to those in
// that one. False where /proc does not show the children of processes (CONFIG_PROC_CHILDREN).
bool signalBelow(int signal, pid_t except, std::optional<pid_t> group = std::nullopt);

}  // namespace elector::exec
