#pragma once

#include <string>
#include <string_view>

#include "elector/http/remote_address.h"
#include "elector/http/request_head.h"

namespace elector::http {

// A request as a handler sees it. All of it is foreign: nothing of it may be sent back or logged
// unescaped. Valid only while the handler runs; copy what is needed later.
struct Request {
    const RequestHead& head;
    std::string_view body;
    const RemoteAddress& remote;
};

}  // namespace elector::http
