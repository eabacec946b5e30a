#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "elector/http/remote_address.h"
#include "elector/http/request_head.h"

namespace elector::http {

// The parameters of a query that a route reads, by name; values decoded. As foreign as the rest.
using Parameters = std::map<std::string, std::string, std::less<>>;

// A request as a handler sees it. All of it is foreign: nothing of it may be sent back or logged
// unescaped. Valid only while the handler runs; copy what is needed later.
struct Request {
    const RequestHead& head;
    std::string_view body;
    const RemoteAddress& remote;
    std::string_view rest;  // of the path, behind a prefix; as it was sent, not decoded
    const Parameters& parameters;
};

}  // namespace elector::http
