#include "elector/http/json_text.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>

namespace elector::http {
namespace {

// How UTF-8 begins (Unicode 15, table 3-7): the lead bytes of a sequence, its length, and what its
// second byte may be. All further bytes are 80 to BF.
struct Form {
    unsigned char firstLead;
    unsigned char lastLead;
    std::size_t length;
    unsigned char secondFrom;
    unsigned char secondTo;
};
constexpr std::array<Form, 9> kForms{{{0x00, 0x7f, 1, 0x00, 0x00},
                                      {0xc2, 0xdf, 2, 0x80, 0xbf},
                                      {0xe0, 0xe0, 3, 0xa0, 0xbf},
                                      {0xe1, 0xec, 3, 0x80, 0xbf},
                                      {0xed, 0xed, 3, 0x80, 0x9f},
                                      {0xee, 0xef, 3, 0x80, 0xbf},
                                      {0xf0, 0xf0, 4, 0x90, 0xbf},
                                      {0xf1, 0xf3, 4, 0x80, 0xbf},
                                      {0xf4, 0xf4, 4, 0x80, 0x8f}}};

bool isWithin(char c, unsigned char from, unsigned char to) {
    const auto code = static_cast<unsigned char>(c);
    return code >= from && code <= to;
}

// The length of the character at the front of `text`; 0 where there is none.
std::size_t characterLength(std::string_view text) {
    for (const Form& form : kForms) {
        if (!isWithin(text.front(), form.firstLead, form.lastLead)) {
            continue;
        }
        if (text.size() < form.length) {
            return 0;
        }
        for (std::size_t i = 1; i < form.length; ++i) {
            const bool second = i == 1;
            if (!isWithin(text[i], second ? form.secondFrom : 0x80,
                          second ? form.secondTo : 0xbf)) {
                return 0;
            }
        }

        return form.length;
    }
    return 0;
}

bool isPlain(char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

void appendEscaped(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && isPlain(text[plain])) {
            ++plain;
        }
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        const std::size_t length = characterLength(text);
        if (length == 0) {
            out += "\\ufffd";
        } else if (length == 1) {
            appendEscaped(out, text.front());
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace elector::http
