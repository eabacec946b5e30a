#include "elector/http/router.h"

#include <utility>

namespace elector::http {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

}  // namespace

void Router::answer(const std::string& method, const std::string& path, Handler handler) {
    paths_[path].insert_or_assign(method, std::move(handler));
}

void Router::answerLater(const std::string& method, const std::string& path, LaterHandler handler) {
    paths_[path].insert_or_assign(method, std::move(handler));
}

std::variant<const Router::Route*, Response> Router::find(std::string_view method,
                                                          std::string_view path) const {
    const auto methods = paths_.find(path);
    if (methods == paths_.end()) {
        return Response::text(kNotFound, "There is nothing at this path.\n");
    }
    auto route = methods->second.find(method);
    if (route == methods->second.end() && method == "HEAD") {
        route = methods->second.find(std::string_view("GET"));
    }
    if (route != methods->second.end()) {
        return &route->second;
    }
    std::string allowed;
    for (const auto& [name, ignored] : methods->second) {
        allowed += (allowed.empty() ? "" : ", ") + name;
        if (name == "GET" && !methods->second.contains("HEAD")) {
            allowed += ", HEAD";
        }
    }
    Response response = Response::text(kMethodNotAllowed, "This path allows " + allowed + ".\n");
    response.headers.push_back({"Allow", allowed});
    return response;
}

}  // namespace elector::http
