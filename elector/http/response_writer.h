#pragma once

#include <string>
#include <string_view>

#include "elector/http/response.h"
#include "elector/runtime/clock.h"

namespace elector::http {

// Turns answers into bytes. Appends to what is to be sent; keeps the Date header of the current
// second. Threads: one (the loop's).
class ResponseWriter {
  public:
    explicit ResponseWriter(const runtime::Clock& clock) : clock_(clock) {}

    struct Form {
        bool withBody = true;  // false to HEAD: the same head without its body
        bool closes = false;   // tell the client that the connection ends here
    };
    void append(std::string& out, const Response& response, const Form& form);

    // The head of a stream, without what may stand in head.body.
    struct StreamForm {
        bool chunked = true;  // false to HTTP/1.0: the end of the connection ends the stream
        bool closes = false;
    };
    void appendStreamHead(std::string& out, const Response& head, const StreamForm& form);

    static void appendChunk(std::string& out, std::string_view bytes);
    static void appendLastChunk(std::string& out);

  private:
    void appendHead(std::string& out, const Response& response, bool closes);
    const std::string& date();

    const runtime::Clock& clock_;
    std::chrono::seconds dateSecond_{-1};
    std::string date_;
};

// "Not Found" for 404, and so on.
std::string_view reasonPhrase(int status);

}  // namespace elector::http
