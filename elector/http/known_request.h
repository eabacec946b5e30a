#pragma once

#include <memory>

#include "elector/http/request_head.h"
#include "elector/http/router.h"

namespace elector::http {

// The request that was read last, by any connection of a server, and found good: its head, and who
// answers. A program that polls asks in the same words each time, and the same words are read the
// same way.
struct KnownRequest {
    std::shared_ptr<const RequestHead> head;  // null while there is none
    Router::Match match;                      // refers to the head
};

}  // namespace elector::http
