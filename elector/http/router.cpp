#include "elector/http/router.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

namespace elector::http {
namespace {

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

bool isControl(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

// Reads one value. What is wrong with it, or nullptr.
const char* decode(std::string_view raw, std::string& value) {
    std::string text(raw);
    std::ranges::replace(text, '+', ' ');
    try {
        Poco::URI::decode(text, value);
    } catch (const Poco::SyntaxException&) {
        return "is not percent-encoded properly";
    }
    if (value.size() > Router::kLongestValue) {
        return "is too long";
    }
    return std::ranges::any_of(value, isControl) ? "has control characters" : nullptr;
}

// Reads what `names` names. What is wrong, in a sentence of nothing foreign; nothing where all is
// well.
std::optional<std::string> readParameters(std::string_view query, const Router::Names& names,
                                          Parameters& parameters) {
    while (!names.empty() && !query.empty()) {
        const std::string_view piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(piece.size() + 1, query.size()));
        const std::size_t end = std::min(piece.find('='), piece.size());
        const auto name = std::ranges::find(names, piece.substr(0, end));
        if (name == names.end()) {
            continue;
        }
        const auto [place, isNew] = parameters.try_emplace(*name);
        const char* wrong =
            isNew ? decode(piece.substr(std::min(end + 1, piece.size())), place->second)
                  : "is given twice";
        if (wrong != nullptr) {
            return "The parameter " + *name + " " + wrong + ".\n";
        }
    }
    return std::nullopt;
}

}  // namespace

void Router::answer(const std::string& method, const std::string& path, Handler handler,
                    Names parameters) {
    Methods& methods =
        path.ends_with("/*") ? prefixes_[path.substr(0, path.size() - 1)] : paths_[path];
    methods.insert_or_assign(method, Route{std::move(handler), std::move(parameters)});
}

const Router::Methods* Router::methodsOf(std::string_view path, std::string_view& rest) const {
    const auto whole = paths_.find(path);
    if (whole != paths_.end()) {
        return &whole->second;
    }
    // Of two prefixes of one path the longer one is behind the other.
    const auto backwards = prefixes_ | std::views::reverse;
    const auto prefix = std::ranges::find_if(
        backwards, [path](const auto& each) { return path.starts_with(each.first); });
    if (prefix == backwards.end()) {
        return nullptr;
    }
    rest = path.substr(prefix->first.size());
    return &prefix->second;
}

std::variant<Router::Match, Response> Router::find(std::string_view method, std::string_view path,
                                                   std::string_view query) const {
    Match match;
    const Methods* methods = methodsOf(path, match.rest);
    if (methods == nullptr) {
        return Response::text(kNotFound, "There is nothing at this path.\n");
    }
    auto route = methods->find(method);
    if (route == methods->end() && method == "HEAD") {
        route = methods->find(std::string_view("GET"));
    }
    if (route != methods->end()) {
        match.route = &route->second;
        if (auto wrong = readParameters(query, route->second.parameters, match.parameters)) {
            return Response::text(kBadRequest, *std::move(wrong));
        }
        return match;
    }
    std::string allowed;
    for (const auto& [name, ignored] : *methods) {
        allowed += (allowed.empty() ? "" : ", ") + name;
        if (name == "GET" && !methods->contains("HEAD")) {
            allowed += ", HEAD";
        }
    }
    Response response = Response::text(kMethodNotAllowed, "This path allows " + allowed + ".\n");
    response.headers.push_back({"Allow", allowed});
    return response;
}

}  // namespace elector::http
