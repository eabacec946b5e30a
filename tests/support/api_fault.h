#pragma once

#include <optional>
#include <string>

namespace elector::test {

// What goes wrong with one request to the fake API server.
struct ApiFault {
    enum class Kind {
        None,
        Refuse,         // answered with `status`
        Hang,           // no answer; at releaseHung() the connection is cut
        ApplyLate,      // no answer; at releaseHung() it takes effect and the connection is cut
        AnswerLate,     // takes effect at once and is answered at releaseHung()
        LoseAnswer,     // takes effect, then the connection is cut
        TruncateBody,   // takes effect; the connection ends amid the body of the answer
        TruncateChunk,  // the same, amid a chunk
        Drip,           // takes effect; the answer comes a byte at a time, with pauses
        Answer,         // takes no effect; answered 200 with `body`, whatever that is
    };

    Kind kind = Kind::None;
    int status = 0;
    std::optional<int> retryAfter;  // seconds, as a header
    std::string body;
    bool applied = false;  // Refuse only: the request takes effect all the same

    static ApiFault refuse(int status, std::optional<int> retryAfter = std::nullopt) {
        return {Kind::Refuse, status, retryAfter, {}, false};
    }
    static ApiFault refuseThoughApplied(int status) {
        return {Kind::Refuse, status, std::nullopt, {}, true};
    }
    static ApiFault answer(std::string body) {
        return {Kind::Answer, 200, std::nullopt, std::move(body), false};
    }
    static ApiFault of(Kind kind) { return {kind, 0, std::nullopt, {}, false}; }
};

// How the fake greets new connections.
enum class TlsMode {
    Proper,
    WrongName,           // a certificate of its CA, for another host
    Stall,               // accepts, and says nothing
    StallThenWrongName,  // says nothing until releaseHung(), then as WrongName
};

}  // namespace elector::test
