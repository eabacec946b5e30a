#pragma once

#include <functional>
#include <string>

#include "elector/election/action.h"
#include "elector/election/api_error.h"
#include "elector/election/instant.h"
#include "elector/election/leadership.h"

namespace elector::campaign {

// Is told what a campaign does: for the log, the metrics, the Events.
//
// Threads: onNote by the campaign's thread, onRequest by the one that makes requests, onWatchEnded
// by the one that watches. None may block for long: a blocked onNote is a wedged election.
class Listener {
  public:
    virtual ~Listener() = default;

    // `standing` is that after the step which made the note.
    virtual void onNote(const election::Note& note, const election::Standing& standing) = 0;
    // A request was answered, or not: `error` is null where it was, or where the answer is that
    // there is no such Lease.
    virtual void onRequest(const std::string& operation, const election::ApiError* error,
                           election::Duration took) = 0;
    virtual void onWatchEnded(const election::ApiError& error) = 0;
};

}  // namespace elector::campaign
