#include "elector/http/message.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace elector::http {

// ----------------------------------------------------------------------------------------- answers

namespace {

constexpr std::string_view kCacheControl = "Cache-Control";

void appendNumber(std::string& out, std::size_t number) {
    const fmt::format_int text(number);
    out.append(text.data(), text.size());
}

}  // namespace

std::string_view reasonPhrase(int status) {
    using Poco::Net::HTTPResponse;
    constexpr int kMisdirected = 421;  // the two that Poco does not know
    constexpr int kHeadTooLarge = 431;
    switch (status) {
        case kMisdirected:
            return "Misdirected Request";
        case kHeadTooLarge:
            return "Request Header Fields Too Large";
        default:
            return HTTPResponse::getReasonForStatus(static_cast<HTTPResponse::HTTPStatus>(status));
    }
}

const std::string& ResponseWriter::date() {
    const auto second = std::chrono::floor<std::chrono::seconds>(clock_.wall().time_since_epoch());
    if (second != dateSecond_) {
        dateSecond_ = second;
        date_ = Poco::DateTimeFormatter::format(
            Poco::Timestamp::fromEpochTime(static_cast<std::time_t>(second.count())),
            Poco::DateTimeFormat::HTTP_FORMAT);
    }
    return date_;
}

void ResponseWriter::appendHead(std::string& out, const Response& response, bool closes) {
    constexpr int kOk = 200;
    if (response.status == kOk) {
        out += "HTTP/1.1 200 OK\r\nDate: ";
    } else {
        fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: ", response.status,
                       reasonPhrase(response.status));
    }
    out += date();
    if (std::ranges::find(response.headers, kCacheControl, &HeaderField::name) ==
        response.headers.end()) {
        out += "\r\nCache-Control: no-store";
    }
    out += "\r\nX-Content-Type-Options: nosniff";
    if (!response.contentType.empty()) {
        out += "\r\nContent-Type: ";
        out += response.contentType;
    }
    for (const HeaderField& field : response.headers) {
        out += "\r\n";
        out += field.name;
        out += ": ";
        out += field.value;
    }
    if (closes) {
        out += "\r\nConnection: close";
    }
}

void ResponseWriter::append(std::string& out, const Response& response, const Form& form) {
    appendHead(out, response, form.closes);
    out += "\r\nContent-Length: ";
    appendNumber(out, response.body.size());
    out += "\r\n\r\n";
    if (form.withBody) {
        out += response.body;
    }
}

void ResponseWriter::appendStreamHead(std::string& out, const Response& head,
                                      const StreamForm& form) {
    appendHead(out, head, form.closes);
    out += form.chunked ? "\r\nTransfer-Encoding: chunked\r\n\r\n" : "\r\n\r\n";
}

void ResponseWriter::appendChunk(std::string& out, std::string_view bytes) {
    if (bytes.empty()) {
        return;  // an empty chunk would end the stream
    }
    fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes.size());
    out += bytes;
    out += "\r\n";
}

void ResponseWriter::appendLastChunk(std::string& out) {
    out += "0\r\n\r\n";
}

}  // namespace elector::http
