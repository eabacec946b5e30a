#include "elector/election/api_error.h"

namespace elector::election {

const char* toString(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Conflict:
            return "conflict";
        case ErrorKind::Invalid:
            return "invalid";
        case ErrorKind::NotFound:
            return "not found";
        case ErrorKind::Gone:
            return "gone";
        case ErrorKind::Unauthorized:
            return "unauthorized";
        case ErrorKind::Forbidden:
            return "forbidden";
        case ErrorKind::Refused:
            return "refused";
        case ErrorKind::Throttled:
            return "throttled";
        case ErrorKind::Server:
            return "server error";
        case ErrorKind::TimedOut:
            return "timed out";
        case ErrorKind::Unreachable:
            return "unreachable";
        case ErrorKind::Malformed:
            return "malformed answer";
    }
    return "unknown";
}

bool certainlyNotApplied(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Conflict:
        case ErrorKind::Invalid:
        case ErrorKind::NotFound:
        case ErrorKind::Gone:
        case ErrorKind::Unauthorized:
        case ErrorKind::Forbidden:
        case ErrorKind::Refused:
        case ErrorKind::Throttled:
            return true;
        case ErrorKind::Server:
        case ErrorKind::TimedOut:
        case ErrorKind::Unreachable:
        case ErrorKind::Malformed:
            return false;
    }
    return false;
}

bool mayBeLostRace(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Conflict:
        case ErrorKind::Invalid:
        case ErrorKind::NotFound:
        case ErrorKind::Gone:
            return true;
        case ErrorKind::Unauthorized:
        case ErrorKind::Forbidden:
        case ErrorKind::Refused:
        case ErrorKind::Throttled:
        case ErrorKind::Server:
        case ErrorKind::TimedOut:
        case ErrorKind::Unreachable:
        case ErrorKind::Malformed:
            return false;
    }
    return false;
}

}  // namespace elector::election
