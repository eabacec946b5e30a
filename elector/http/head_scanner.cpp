#include "elector/http/head_scanner.h"

namespace elector::http {
namespace {

bool isForbidden(char c) {
    constexpr unsigned char kSpace = 0x20;
    constexpr unsigned char kDelete = 0x7f;
    const auto code = static_cast<unsigned char>(c);
    return (code < kSpace && c != '\t') || code == kDelete;
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
    while (seen_ < bytes.size()) {
        const char c = bytes[seen_++];
        if (afterReturn_ != (c == '\n')) {
            return Found::Rubbish;
        }
        afterReturn_ = c == '\r';
        if (c == '\n') {
            if (++lineEnds_ == 2) {
                return Found::Head;
            }
        } else if (!afterReturn_) {
            if (isForbidden(c)) {
                return Found::Rubbish;
            }
            lineEnds_ = 0;
        }
    }
    return Found::Nothing;
}

}  // namespace elector::http
