#pragma once

namespace elector::http {

// Why a request gets no answer but a status, after which the connection closes.
struct Refusal {
    int status = 400;
    const char* sentence = "";  // a literal: nothing foreign is ever sent back
};

}  // namespace elector::http
