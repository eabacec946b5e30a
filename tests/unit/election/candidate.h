#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "elector/election/election.h"

namespace elector::election::testing {

// "web-0" in the Pod "pod-0", with L = 10 s, D = 5 s and P = 2 s.
Settings settingsOfWeb0();

// A Lease as a store would answer it; fingerprint and all.
Lease leaseOf(LeaseRecord record, int revision, std::string uid = "uid-1");
// The same Lease at another revision, as after an edit of its labels.
Lease relabelled(Lease lease, int revision);

LeaseRecord heldBy(const std::string& holder, const std::string& session, WallTime renewTime);
LeaseRecord released();
LeaseRecord vacant(std::chrono::seconds duration);

ApiError errorOf(ErrorKind kind);

// An Election cranked by hand: time passes when the test says so, and the test answers.
class Candidate {
  public:
    explicit Candidate(Settings settings = settingsOfWeb0());

    // What happens now.
    Actions send(const Event& event);
    // Time passes, and nothing else happens: not even the timer.
    void wait(Duration duration);
    void jumpWall(Duration by);

    // Lets time pass from timer to timer until something is asked for; its answer must follow.
    // Fails the test, and throws, if nothing is within an hour.
    Request untilAsked();
    ReadRequest untilRead();
    WriteRequest untilWrite(Intent intent);

    // Answers what was asked last.
    Actions answerRead(std::optional<Lease> lease);
    Actions answerRead(const ApiError& error);
    Actions answerWrite(const ApiError& error);
    // The write landed: answers with what was asked to be written, at `revision`.
    Actions landed(int revision);
    Lease writtenAt(int revision) const;

    // Brings it to lead over a released Lease at revision 10, with the token 11.
    void lead();
    // Lets it follow `lease`.
    void follow(const Lease& lease);
    // Lets it find no Lease at its start: its creation, whose answer must follow.
    WriteRequest createMissing();

    Answer answer() const;
    bool leads() const { return answer().isLeader; }
    const Moment& now() const { return now_; }
    // Of the last step.
    const Actions& actions() const { return last_; }
    bool noted(NoteKind kind) const;
    // For how long it has waited since `then`.
    Duration since(Instant then) const { return now_.boot - then; }
    const Election& election() const { return election_; }

  private:
    Election election_;
    Moment now_;
    Actions last_;
    std::optional<WriteRequest> lastWrite_;
    std::string createdUid_ = "uid-2";
};

}  // namespace elector::election::testing
