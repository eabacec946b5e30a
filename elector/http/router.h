#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/http/message.h"
#include "elector/http/responder.h"

namespace elector::http {

// Answers a request at once. Runs in the loop: it must not wait for anything.
using Handler = std::function<Response(const Request&)>;
// Answers through the Responder, now or later. Runs in the loop likewise.
using LaterHandler = std::function<void(const Request&, Responder)>;

// Which handler answers what: a table of paths, matched byte for byte, and methods. HEAD is
// answered where GET is. A path that ends in "/*" is a prefix: it answers whatever begins with what
// is before the star, unless a longer prefix or a whole path does; the handler gets the rest.
// Filled before the server starts, immutable afterwards.
class Router {
  public:
    using Names = std::vector<std::string>;
    struct Route {
        std::variant<Handler, LaterHandler> handler;
        Names parameters;
    };
    // What answers a request. `rest` refers to the path that was looked up.
    struct Match {
        const Route* route = nullptr;
        std::string_view rest;
        Parameters parameters;
    };
    // The longest value of a parameter, decoded.
    static constexpr std::size_t kLongestValue = 1024;

    // `parameters`: the names of what the handler reads of the query, which come as they are or not
    // at all. All else in a query is ignored, whatever it looks like.
    void answer(const std::string& method, const std::string& path, Handler handler,
                Names parameters = {});
    void answerLater(const std::string& method, const std::string& path, LaterHandler handler,
                     Names parameters = {});

    // The route, or what to answer in its place: 404, 405 with Allow, or 400 for a parameter that
    // is given twice, malformed, too long or has control characters.
    std::variant<Match, Response> find(std::string_view method, std::string_view path,
                                       std::string_view query) const;

  private:
    using Methods = std::map<std::string, Route, std::less<>>;

    void add(const std::string& method, const std::string& path, Route route);
    const Methods* methodsOf(std::string_view path, std::string_view& rest) const;

    std::map<std::string, Methods, std::less<>> paths_;
    std::map<std::string, Methods> prefixes_;  // without the star
};

}  // namespace elector::http
