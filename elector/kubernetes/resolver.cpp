#include "elector/kubernetes/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "elector/runtime/log.h"

namespace elector::kubernetes {

namespace {

struct Answer {
    int code = EAI_AGAIN;
    std::vector<SocketAddress> addresses;
};

// Shared by the thread that looks up and the one that waits, either of which may end first.
class Lookup {
  public:
    Lookup() : done_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Lookup() { close(done_); }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    int descriptor() const { return done_; }

    void finish(Answer answer) {
        {
            const std::lock_guard lock(mutex_);
            answer_ = std::move(answer);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(done_, &one, sizeof one);
    }

    Answer answer() {
        const std::lock_guard lock(mutex_);
        return answer_;
    }

  private:
    int done_;
    std::mutex mutex_;
    Answer answer_;
};

std::atomic<int> lookupsRunning{0};

Answer lookUp(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    Answer answer;
    answer.code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    for (const addrinfo* entry = found;
         answer.code == 0 && entry != nullptr && answer.addresses.size() < kMaxAddresses;
         entry = entry->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        answer.addresses.push_back(address);
    }
    return answer;
}

ApiError failed(const std::string& host, const char* why) {
    return {ErrorKind::Unreachable, 0, std::nullopt,
            fmt::format("cannot look up the host \"{}\": {}", runtime::quoted(host), why)};
}

bool startLookup(const std::shared_ptr<Lookup>& lookup, const std::string& host,
                 const std::string& port) {
    if (lookupsRunning.fetch_add(1) >= kMaxLookups) {
        lookupsRunning.fetch_sub(1);
        return false;
    }
    try {
        std::thread([lookup, host, port] {
            lookup->finish(lookUp(host, port, AI_NUMERICSERV));
            lookupsRunning.fetch_sub(1);
        }).detach();
    } catch (const std::system_error&) {
        lookupsRunning.fetch_sub(1);
        return false;
    }
    return true;
}

}  // namespace

Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, Waiter& waiter) {
    const std::string port = std::to_string(endpoint.port);
    Answer answer = lookUp(endpoint.host, port, AI_NUMERICSERV | AI_NUMERICHOST);
    if (answer.code == EAI_NONAME) {
        const auto lookup = std::make_shared<Lookup>();
        if (lookup->descriptor() < 0) {
            return failed(endpoint.host, "no file descriptors are left");
        }
        if (!startLookup(lookup, endpoint.host, port)) {
            return failed(endpoint.host, "earlier look-ups hang still");
        }
        if (waiter.wait(lookup->descriptor(), POLLIN) != Waiter::Outcome::Ready) {
            auto error = failed(endpoint.host, "no answer in time");
            error.kind = ErrorKind::TimedOut;
            return error;
        }
        answer = lookup->answer();
    }
    if (answer.code != 0) {
        return failed(endpoint.host, gai_strerror(answer.code));
    }
    return std::move(answer.addresses);
}

}  // namespace elector::kubernetes
