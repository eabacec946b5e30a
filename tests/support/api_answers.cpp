#include "tests/support/api_answers.h"

#include <fmt/format.h>

#include "tests/support/json_text.h"

namespace elector::test {
namespace {

std::string_view phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 401:
            return "Unauthorized";
        case 404:
            return "Not Found";
        case 409:
            return "Conflict";
        default:
            return "Status";
    }
}

std::string withoutKind(const std::string& text) {
    auto object = parseObject(text);
    if (!object) {
        return text;  // written down by hand: given back as it is
    }
    const std::string start = R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease",)";
    return text.starts_with(start) ? "{" + text.substr(start.size()) : text;
}

}  // namespace

std::string wholeAnswer(int status, std::string_view body, std::optional<int> retryAfter) {
    const std::string retry = retryAfter ? fmt::format("Retry-After: {}\r\n", *retryAfter) : "";
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
        status, phrase(status), retry, body.size(), body);
}

std::string chunkedHead() {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
           "chunked\r\n\r\n";
}

std::string chunk(std::string_view bytes) {
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string statusObject(int code, std::string_view reason, std::string_view message) {
    return fmt::format(
        R"({{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":{},)"
        R"("reason":{},"code":{}}})",
        jsonString(message), jsonString(reason), code);
}

std::string leaseList(const LeaseTable::Listed& listed) {
    std::string items;
    for (const std::string& object : listed.objects) {
        items += (items.empty() ? "" : ",") + withoutKind(object);
    }
    return fmt::format(R"({{"kind":"LeaseList","apiVersion":"coordination.k8s.io/v1",)"
                       R"("metadata":{{"resourceVersion":"{}"}},"items":[{}]}})",
                       listed.revision, items);
}

std::string eventLine(const TableEvent& event) {
    return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", event.type, event.object);
}

std::string bookmarkLine(std::int64_t revision) {
    return fmt::format(
        R"({{"type":"BOOKMARK","object":{{"kind":"Lease","apiVersion":"coordination.k8s.io/v1",)"
        R"("metadata":{{"resourceVersion":"{}","creationTimestamp":null}},"spec":{{}}}}}})"
        "\n",
        revision);
}

std::string expiredLine() {
    return fmt::format("{{\"type\":\"ERROR\",\"object\":{}}}\n",
                       statusObject(410, "Expired", "too old resource version"));
}

}  // namespace elector::test
