#pragma once

#include <optional>
#include <string>

#include "elector/election/instant.h"

// What `exec` decides, apart from what it does: when its program is started, told to end, killed,
// and when the command ends. PURE: reads no clock and touches no process.
namespace elector::exec {

using election::Duration;
using election::Instant;

// A term in which this one leads, as it was told.
struct Lead {
    std::string token;
    Instant validUntil;
    std::string lease;  // "namespace/name"
    std::string id;     // of the candidate that leads

    bool operator==(const Lead&) const = default;
};

// When a program that may run until `validUntil` is told to end, and when it is killed. It is told
// `grace` before, or when somebody lights the fuse, and killed `grace` after it was told, at the
// latest election::kKillMargin before the end. Once it was told, nothing prolongs its life. With a
// grace of no more than that margin it is only killed.
class Fuse {
  public:
    Fuse(Duration grace, Instant validUntil) : grace_(grace), validUntil_(validUntil) {}

    // The term lasts until then, as it turned out.
    void extend(Instant validUntil);
    // The program is told to end now. Once is enough.
    void light(Instant now);

    enum class Due { Nothing, Tell, Kill };
    // What is to be done at `now`: Tell until it is lit, Kill from then on.
    Due due(Instant now) const;
    // When something is due next; killAt() once that has passed, too.
    Instant next() const;
    Instant killAt() const;
    bool isLit() const { return litAt_.has_value(); }

  private:
    Duration grace_;
    Instant validUntil_;
    std::optional<Instant> litAt_;
};

struct Policy {
    Duration grace{};
    bool exitsOnLoss = false;  // rather than wait for the next term
    Duration timeout{};        // how long to wait for a term; zero: for ever
};

// What is to be done now; each part by itself.
struct Orders {
    std::optional<Lead> start;      // the program, for this term
    std::optional<Instant> extend;  // the term that it runs in
    bool lose = false;              // tell it to end: the term is over
    bool kill = false;              // all that is left of it
    std::optional<int> forward;     // this signal
    bool stop = false;              // this process, as a signal asked that nobody else takes
    std::optional<int> exit;        // with this code

    bool operator==(const Orders&) const = default;
};

// The wrapper. One term for each start: a program never sees its token change.
class Director {
  public:
    Director(Policy policy, Instant now) : policy_(policy), since_(now) {}

    // Who leads, as last heard; nothing where it is not this one. To be called whenever that may
    // have changed, and at wakeAt().
    Orders told(std::optional<Lead> lead, Instant now);
    // This process received a signal. While no program runs, one that ends processes by default
    // ends this one.
    Orders received(int signal, Instant now);
    // The program and all that it began have ended; `lost`: it had been told to end, as its term
    // was over.
    Orders ended(int code, bool lost, Instant now);
    // When something is to be decided, if nothing else happens.
    Instant wakeAt() const;

  private:
    struct Running {
        std::string token;
        Instant validUntil;  // as last told
        Fuse fuse;
    };

    Orders decide(Instant now);

    const Policy policy_;
    std::optional<Lead> lead_;
    std::optional<Running> running_;
    bool lost_ = false;
    bool askedToEnd_ = false;
    Instant since_;     // of waiting
    Instant killNext_;  // once the fuse has burnt down
};

}  // namespace elector::exec
