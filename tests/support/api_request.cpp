#include "tests/support/api_request.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <vector>

#include <Poco/URI.h>

#include "tests/support/json_text.h"

namespace elector::test {
namespace {

constexpr std::size_t kMaxHead = 65536;

// Reads until `buffered` holds `count` bytes.
bool fill(TlsConnection& connection, std::string& buffered, std::size_t count) {
    while (buffered.size() < count) {
        auto more = connection.read();
        if (!more) {
            return false;
        }
        buffered += *more;
    }
    return true;
}

// Reads until `buffered` holds `mark`, and returns what stands before it; both are taken out.
std::optional<std::string> takeUntil(TlsConnection& connection, std::string& buffered,
                                     const std::string& mark) {
    while (true) {
        const auto at = buffered.find(mark);
        if (at != std::string::npos) {
            std::string taken = buffered.substr(0, at);
            buffered.erase(0, at + mark.size());
            return taken;
        }
        auto more = buffered.size() > kMaxHead ? std::nullopt : connection.read();
        if (!more) {
            return std::nullopt;
        }
        buffered += *more;
    }
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char character) {
        return static_cast<char>(std::tolower(character));
    });
    return text;
}

void readHeaders(std::istringstream& lines, ApiRequest& request) {
    std::string line;
    while (std::getline(lines, line)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) {
            continue;
        }
        std::string value = line.substr(colon + 1);
        value.erase(0, value.find_first_not_of(' '));
        while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) {
            value.pop_back();
        }
        request.headers[lowered(line.substr(0, colon))] = value;
    }
}

bool readChunks(TlsConnection& connection, std::string& buffered, std::string& body) {
    while (true) {
        const auto line = takeUntil(connection, buffered, "\r\n");
        if (!line) {
            return false;
        }
        const std::size_t size = std::strtoul(line->c_str(), nullptr, 16);
        if (!fill(connection, buffered, size + 2)) {
            return false;
        }
        body.append(buffered, 0, size);
        buffered.erase(0, size + 2);
        if (size == 0) {
            return true;
        }
    }
}

bool readBody(TlsConnection& connection, std::string& buffered, ApiRequest& request) {
    if (request.headers["transfer-encoding"] == "chunked") {
        return readChunks(connection, buffered, request.body);
    }
    const std::size_t size = std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
    if (!fill(connection, buffered, size)) {
        return false;
    }
    request.body = buffered.substr(0, size);
    buffered.erase(0, size);
    return true;
}

void readTarget(const std::string& target, ApiRequest& request) {
    const Poco::URI uri("https://server" + target);
    request.path = uri.getPath();
    for (const auto& [name, value] : uri.getQueryParameters()) {
        request.query[name] = value;
    }
}

std::vector<std::string> segments(const std::string& path) {
    std::vector<std::string> found;
    Poco::URI("https://server" + path).getPathSegments(found);
    return found;
}

std::string verbOfCollection(ApiRequest& request) {
    constexpr std::string_view kByName = "metadata.name=";
    const std::string& selector = request.query["fieldSelector"];
    if (selector.starts_with(kByName)) {
        request.lease.name = selector.substr(kByName.size());
    }
    const std::string& watch = request.query["watch"];
    return watch == "true" || watch == "1" ? "watch" : "list";
}

std::string verbOfPut(const ApiRequest& request) {
    const auto object = parseObject(request.body);
    const bool hasRevision =
        object && !childText(childObject(*object, "metadata"), "resourceVersion").empty();
    return hasRevision ? "update" : "create";
}

void classify(ApiRequest& request) {
    const std::vector<std::string> parts = segments(request.path);
    const auto begins = [&](const std::vector<std::string>& start) {
        return parts.size() >= start.size() &&
               std::equal(start.begin(), start.end(), parts.begin());
    };
    if (begins({"api", "v1", "namespaces"}) && parts.size() == 5 && parts[4] == "events") {
        request.verb = request.method == "POST" ? "event" : "";
        request.lease.space = parts[3];
        return;
    }
    if (!begins({"apis", "coordination.k8s.io", "v1", "namespaces"}) || parts.size() < 6 ||
        parts.size() > 7 || parts[5] != "leases") {
        return;
    }
    request.lease.space = parts[4];
    if (parts.size() == 6) {
        request.verb = request.method == "GET" ? verbOfCollection(request) : "";
        return;
    }
    request.lease.name = parts[6];
    if (request.method == "GET") {
        request.verb = "get";
    } else if (request.method == "PUT") {
        request.verb = verbOfPut(request);
    }
}

}  // namespace

std::string ApiRequest::token() const {
    constexpr std::string_view kScheme = "Bearer ";
    const auto found = headers.find("authorization");
    if (found == headers.end() || !found->second.starts_with(kScheme)) {
        return {};
    }
    return found->second.substr(kScheme.size());
}

std::optional<ApiRequest> readRequest(TlsConnection& connection, std::string& buffered) {
    const auto head = takeUntil(connection, buffered, "\r\n\r\n");
    if (!head) {
        return std::nullopt;
    }
    ApiRequest request;
    std::istringstream lines(*head);
    std::string target;
    std::string version;
    lines >> request.method >> target >> version;
    if (!version.starts_with("HTTP/1.") || !target.starts_with("/")) {
        return std::nullopt;
    }
    readTarget(target, request);
    readHeaders(lines, request);
    if (!readBody(connection, buffered, request)) {
        return std::nullopt;
    }
    classify(request);
    return request;
}

}  // namespace elector::test
