#include "injector/certificates/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace injector::certificates {
namespace {

constexpr std::size_t kBytes = 3;  // become kLetters
constexpr std::size_t kLetters = 4;

bool isLetter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

}  // namespace

std::string toBase64(std::string_view bytes) {
    // One more for the zero that OpenSSL puts at the end.
    std::string text((bytes.size() + kBytes - 1) / kBytes * kLetters + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> fromBase64(std::string_view text) {
    std::size_t padding = text.ends_with('=') ? 1 : 0;
    padding += text.ends_with("==") ? 1 : 0;
    // OpenSSL by itself skips blanks and takes any number of padding characters.
    if (text.size() % kLetters != 0 ||
        !std::ranges::all_of(text.substr(0, text.size() - padding), isLetter)) {
        return std::nullopt;
    }
    std::string bytes(text.size() / kLetters * kBytes, '\0');
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0) {
        return std::nullopt;
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

}  // namespace injector::certificates
