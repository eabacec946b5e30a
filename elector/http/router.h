#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "elector/http/request.h"
#include "elector/http/responder.h"
#include "elector/http/response.h"

namespace elector::http {

// Answers a request at once. Runs in the loop: it must not wait for anything.
using Handler = std::function<Response(const Request&)>;
// Answers through the Responder, now or later. Runs in the loop likewise.
using LaterHandler = std::function<void(const Request&, Responder)>;

// Which handler answers what: a table of paths, matched byte for byte, and methods. HEAD is
// answered where GET is. Filled before the server starts, immutable afterwards.
class Router {
  public:
    using Route = std::variant<Handler, LaterHandler>;

    void answer(const std::string& method, const std::string& path, Handler handler);
    void answerLater(const std::string& method, const std::string& path, LaterHandler handler);

    // The route, or what to answer in its place (404, or 405 with Allow).
    std::variant<const Route*, Response> find(std::string_view method, std::string_view path) const;

  private:
    using Methods = std::map<std::string, Route, std::less<>>;
    std::map<std::string, Methods, std::less<>> paths_;
};

}  // namespace elector::http
