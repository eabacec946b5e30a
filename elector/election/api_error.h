#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace elector::election {

// Why a request to a store (the Kubernetes API, a folder) brought no object. A closed list: whoever
// branches on it names every case.
enum class ErrorKind {
    Conflict,      // 409: the object changed since it was read, or has another uid; not applied
    Invalid,       // 422: not applied. Also what the losers of racing creations get (rule 10)
    NotFound,      // 404: not applied
    Gone,          // 410, or a watch that ended: list again
    Unauthorized,  // 401: not applied
    Forbidden,     // 403: not applied
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

struct ApiError {
    ErrorKind kind = ErrorKind::Unreachable;
    int httpStatus = 0;  // 0 where there was no answer
    // From Retry-After, where the server sent one.
    std::optional<std::chrono::seconds> retryAfter;
    // A sentence for the person on call: what failed, on which object. Foreign text is escaped.
    std::string message;
};

}  // namespace elector::election
