#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elector::http {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";

struct HeaderField {
    std::string name;
    std::string value;
};

// What a handler answers. Content-Length, Date, Connection and Cache-Control: no-store are added by
// the server. REQUIRES: no line ends in contentType and headers.
struct Response {
    int status = 200;
    std::string contentType = std::string(kPlainText);
    std::string body;
    // Said to be empty, so that the compiler lets it be left out.
    std::vector<HeaderField> headers = {};  // NOLINT(readability-redundant-member-init)

    static Response text(int status, std::string body) {
        return {status, std::string(kPlainText), std::move(body)};
    }
    // 503, to be tried again in a second.
    static Response unavailable(std::string body) {
        return {503, std::string(kPlainText), std::move(body), {{"Retry-After", "1"}}};
    }
    static Response json(std::string body) { return {200, std::string(kJson), std::move(body)}; }
};

}  // namespace elector::http
