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

// Takes the right to answer, and uses it now or later. Runs in the loop: it must not wait.
using Later = std::function<void(Responder)>;
// Answers a request at once, or says who takes the right to answer it. Runs in the loop likewise.
using Handler = std::function<std::variant<Response, Later>(const Request&)>;

// Which handler answers what: a table of paths, matched byte for byte, and methods. HEAD is
// answered where GET is. A path that ends in "/*" is a prefix: it answers whatever begins with what
// is before the star, unless a longer prefix or a whole path does; the handler gets the rest.
// Filled before the server starts, immutable afterwards.
class Router {
  public:
    using Names = std::vector<std::string>;
    struct Route {
        Handler handler;
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

    // The route, or what to answer in its place: 404, 405 with Allow, or 400 for a parameter that
    // is given twice, malformed, too long or has control characters.
    std::variant<Match, Response> find(std::string_view method, std::string_view path,
                                       std::string_view query) const;

  private:
    using Methods = std::map<std::string, Route, std::less<>>;

    const Methods* methodsOf(std::string_view path, std::string_view& rest) const;

    std::map<std::string, Methods, std::less<>> paths_;
    std::map<std::string, Methods> prefixes_;  // without the star
};

}  // namespace elector::http
