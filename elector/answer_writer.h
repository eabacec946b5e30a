#pragma once

#include <optional>
#include <string>

#include "elector/election/leadership.h"
#include "elector/runtime/clock.h"
#include "elector/status_api.h"

namespace elector {

// Writes answers as JSON: the one form in which who leads is told (docs/push.md). What it wrote
// last is kept: between two changes only the end differs, and the rest took a tenth of all that a
// request takes.
//
// Threads: one at a time.
class AnswerWriter {
  public:
    // Both outlive it.
    AnswerWriter(const StatusSource& source, const runtime::Clock& clock);

    // Up to the deadlines, behind which the caller may add members.
    const std::string& common(election::Answer answer);
    // The deadlines, and the end.
    void appendDeadlines(std::string& text, const election::Answer& answer) const;

  private:
    void write(const election::Answer& answer);

    const StatusSource& source_;
    const runtime::Clock& clock_;
    std::optional<election::Answer> written_;  // without what the end says
    std::string text_;
};

// What to pass on of a standing that a feed told. An answer of the same state is better than what
// the standing says: what it has denied once, it denies for good.
election::Answer answerOf(const election::Standing& standing, const StatusSource& source,
                          const runtime::Clock& clock);

}  // namespace elector
