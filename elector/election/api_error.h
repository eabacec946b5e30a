#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace elector::election {

// Why a request to a store (the Kubernetes API, a folder) brought no object. A closed list: whoever
// branches on it names every case.
enum class ErrorKind {
    Conflict,      // 409: the object changed since it was read, or has another uid; not applied
    Invalid,       // 422 to a creation of what exists already (rule 10): not applied
    NotFound,      // 404: not applied
    Gone,          // 410, or a watch that ended: list again
    Unauthorized,  // 401: not applied
    Forbidden,     // 403: not applied
    Refused,       // any other 4xx: not applied, and the same request will be answered the same
    Throttled,     // 429: not applied; see retryAfter
    Server,        // 5xx: a write may have been applied
    TimedOut,      // no answer in time: a write may have been applied, or may be later
    Unreachable,   // the connection could not be made or broke: a write may have been applied
    Malformed,     // an answer that is no answer: a write may have been applied
};

// "conflict", "timed out", ... for logs and metrics.
const char* toString(ErrorKind kind);

// True where the request certainly changed nothing. Of every other error a writer must assume that
// its write has landed or will land later (rule 4).
bool certainlyNotApplied(ErrorKind kind);

// True where a write was perhaps not applied because somebody else was quicker: a read shows it. If
// it shows what the write was based on, nobody was, and the write was refused.
bool mayBeLostRace(ErrorKind kind);

struct ApiError {
    ErrorKind kind = ErrorKind::Unreachable;
    int httpStatus = 0;  // 0 where there was no answer
    // From Retry-After, where the server sent one.
    std::optional<std::chrono::seconds> retryAfter;
    // A sentence for the person on call: what failed, on which object. Foreign text stands on one
    // line; whoever writes the sentence somewhere escapes it as is the custom there.
    std::string message;
};

}  // namespace elector::election
