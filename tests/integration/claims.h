#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/elector_process.h"

namespace elector::test {

// Asks electors who leads, all the time, as a program does, and writes down what it was told: from
// the answer until validForMs after the question, the program acts as the leader.
//
// Threads: one of its own for each elector; the rest are the test's.
class Claims {
  public:
    void follow(std::shared_ptr<const ElectorProcess> elector);
    // Waits until claims under `count` tokens were heard, and ends the asking. False where it takes
    // unreasonably long.
    bool stopAtToken(std::size_t count);
    // Ends the asking: before an elector goes.
    void stop() { askers_.clear(); }

    // Pairs of claims of different electors that overlap, in words; "" for none.
    std::string overlaps() const;
    // The fencing tokens in the order in which their claims began, each once.
    std::vector<std::string> tokens() const;
    // Tokens that do not grow, in words; "" for none.
    std::string disorder() const;

  private:
    struct Claim {
        std::string id;
        std::string token;
        election::Instant begin;
        election::Instant end;
    };
    void ask(const ElectorProcess& elector, const std::stop_token& stop);
    std::vector<Claim> sorted() const;

    mutable std::mutex mutex_;
    std::vector<Claim> claims_;
    std::vector<std::jthread> askers_;
};

}  // namespace elector::test
