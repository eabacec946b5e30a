#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "elector/election/election.h"
#include "elector/election/event.h"
#include "elector/election/revision.h"
#include "elector/fresh_reads.h"
#include "elector/http/router.h"
#include "elector/status_api.h"

namespace elector {

// What programs in the Pod may do with the present term.
//
// POST /api/step-down, Content-Type: application/json, by the loopback only; the body is {} or any
// of
//   {"token":"48213","backOff":"10s","to":"web-2"}
// 202 {"token":"48213","drainMs":5000}: this process has stepped down from the term of that token,
//   and releases the Lease once no "yes" is good any more, in drainMs at most; then it takes
//   nothing for backOff (by default defaultPause()), or until it is started anew. The release
//   prefers the candidate `to` (rule 18), be it there or not.
// 409: it does not lead. 412: it leads, by another token: a late retry deposes nobody.
// 415, 400: it is no such JSON. 403: not by the loopback, or `refusal` says why by nobody.
//
// GET /api/token/verify?token=48213, by the loopback only: is this the fencing token of the present
// term? Answered from a read of the Lease that began after the question, never from memory alone.
// 200 {"current":true,"token":"48213"}: this process leads by it, and the Lease says so.
// 409 {"current":false,"currentToken":"48300"}: it is not; "" unless this process leads.
// 503: the Lease could not be read, or another leads, whose token only its own elector knows, and
//   the one that was asked about is none that this process had before.
// 400: it is no token. 403: not by the loopback.
//
// Threads: the server's loop.
class TermApi {
  public:
    struct Rules {
        std::string refusal;  // why no order is taken, in a sentence; "" where they are
        election::Timing timing;
        election::Duration drain{0};
        std::string session = {};  // of this process  NOLINT(readability-redundant-member-init)
    };
    // Bytes of a body, three of what may stand there.
    static constexpr std::size_t kLargestOrder = 1024;
    using StepDown = std::function<void(election::StepDownRequested)>;
    // Reads the Lease as FreshReads does, and tells it in the server's loop.
    using Read = std::function<void(FreshReads::Reader)>;

    // `source` outlives it. It outlives the server.
    TermApi(const StatusSource& source, Rules rules, StepDown stepDown, Read read);

    void addRoutes(http::Router& router);

  private:
    http::Response stepDown(const http::Request& request);
    std::variant<http::Response, http::Later> verify(const http::Request& request);
    http::Response verdict(const election::Revision& token,
                           const FreshReads::Reading& reading) const;
    // The order in a body, or what is wrong with it, in a sentence.
    std::variant<election::StepDownRequested, std::string> orderIn(std::string_view body) const;

    const StatusSource& source_;
    const Rules rules_;
    const StepDown stepDown_;
    const Read read_;
};

}  // namespace elector
