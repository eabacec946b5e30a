#include "tests/fuzz/fed_socket.h"

#include <algorithm>

#include "elector/kubernetes/socket.h"

namespace fuzz {

namespace {

struct Feed {
    std::string bytes;
    std::vector<std::size_t> cuts;
    std::size_t at = 0;      // in `bytes`
    std::size_t pieces = 0;  // sent whole
    std::size_t rest = 0;    // of the piece that was begun

    void restart() { at = pieces = rest = 0; }

    std::size_t take(char* buffer, std::size_t size) {
        if (rest == 0) {
            rest = cuts.empty() ? bytes.size() : cuts[pieces++ % cuts.size()];
        }
        const auto count = std::min({size, rest, bytes.size() - at});
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, buffer);
        at += count;
        rest -= count;
        return count;
    }
};

Feed& feed() {
    static Feed current;
    return current;
}

}  // namespace

void feedSockets(std::string bytes, std::vector<std::size_t> cuts) {
    feed() = {.bytes = std::move(bytes), .cuts = std::move(cuts)};
}

}  // namespace fuzz

namespace elector::kubernetes {

void Socket::setLimits(const Limits& limits) {
    limits_ = limits;
}

Result<Done> Socket::connect(const Endpoint& endpoint, std::shared_ptr<const TlsContext> tls) {
    peer_ = endpoint.authority();
    tls_ = std::move(tls);
    descriptor_ = 0;
    fuzz::feed().restart();
    return Done();
}

Result<Done> Socket::send(std::string_view /*data*/) {
    return Done();
}

Result<std::size_t> Socket::receive(char* buffer, std::size_t size) {
    return fuzz::feed().take(buffer, size);
}

bool Socket::isQuiet() {
    return isOpen();
}

void Socket::close() {
    descriptor_ = -1;
}

}  // namespace elector::kubernetes
