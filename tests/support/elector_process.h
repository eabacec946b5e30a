#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "elector/runtime/clock.h"

namespace elector::test {

struct HttpReply {
    int status = 0;
    std::string body;
};

// What an elector answered to GET /api/leader, and when.
struct LeaderReply {
    election::Instant sent;      // before the request was sent
    election::Instant received;  // after the answer was read
    std::string leader;
    std::string id;
    bool isLeader = false;
    std::string fencingToken;
    std::chrono::milliseconds validFor{0};
};

// A leader-elector in a process of its own. It is killed, by its own id, with this.
//
// Threads: one but for get() and leader(), which any may call.
class ElectorProcess {
  public:
    // Runs `binary` with these arguments, and no environment but this. Throws std::system_error.
    ElectorProcess(const std::string& binary, std::vector<std::string> arguments,
                   const std::map<std::string, std::string>& environment = {});
    ~ElectorProcess();
    ElectorProcess(const ElectorProcess&) = delete;
    ElectorProcess& operator=(const ElectorProcess&) = delete;

    void signal(int number) const;
    // SIGSTOP, and returns once every thread has stopped: until then one may still answer.
    void stop() const;
    // Its exit code, or 128 + the signal that ended it. Nothing where it still runs at `limit`.
    std::optional<int> waitForExit(std::chrono::milliseconds limit = std::chrono::seconds(20));
    bool isRunning() { return !waitForExit(std::chrono::milliseconds(0)); }

    // What it wrote to standard output and standard error so far.
    std::string output() const;
    bool waitForOutput(const std::string& part,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
    // How often `part` occurs in it.
    int timesSaid(const std::string& part) const;

    // Reads no more of its output, and fills the pipe: whatever it writes from now on has to wait.
    // To be called once, and not with the next.
    void leaveOutputUnread();
    // Closes the pipe: whatever it writes from now on fails.
    void closeOutput();

    // The port that it serves on, from its log (--log-format=json). Waits for that line; 0 where
    // it does not come.
    std::uint16_t port() const;

    // Nothing where there is no whole answer within `limit`.
    std::optional<HttpReply> get(const std::string& path,
                                 std::chrono::milliseconds limit = std::chrono::seconds(5)) const;
    std::optional<LeaderReply> leader(
        std::chrono::milliseconds limit = std::chrono::seconds(5)) const;

    // Asks again and again until `done` holds of an answer. False where `limit` ends first.
    bool waitForLeader(const std::function<bool(const LeaderReply&)>& done,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
    bool waitUntilLeading() const;

  private:
    void readOutput();
    void stopReading();

    runtime::SystemClock clock_;
    pid_t pid_ = -1;
    int pipe_ = -1;
    std::optional<int> exitCode_;
    std::atomic<bool> isUnread_ = false;
    runtime::Wake readerWake_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string output_;
    bool outputEnded_ = false;
    std::thread reader_;
};

// Lets some time pass before the next look at something that cannot be waited for.
void pauseBeforeNextLook();

}  // namespace elector::test
