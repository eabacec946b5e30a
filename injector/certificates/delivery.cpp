#include "injector/certificates/delivery.h"

#include <fmt/format.h>

#include <utility>

#include "elector/election/backoff.h"
#include "elector/kubernetes/file_text.h"
#include "elector/kubernetes/json_text.h"
#include "elector/runtime/random.h"
#include "injector/certificates/base64.h"
#include "injector/certificates/pem_file.h"
#include "injector/cluster/object_keep.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::certificates {
namespace {

namespace json_text = elector::kubernetes::json_text;
using elector::election::ApiError;
using elector::election::ErrorKind;
using elector::runtime::Instant;

constexpr std::chrono::seconds kSetUp{10};
// The server sends a bookmark about every minute: a watch that is silent for longer hangs on a dead
// connection.
constexpr std::chrono::minutes kSilence{3};
// How long the server is asked to keep a watch: then it is opened again, and begins with what there
// is, which mends whatever an event could have been missed for.
constexpr int kWatchSeconds = 1800;
// After a failure; doubling to the second.
constexpr std::chrono::seconds kLongestPause{15};

elector::election::Jitter newJitter() {
    constexpr int kHexadecimal = 16;
    return elector::election::Jitter(
        std::stoull(elector::runtime::randomHex(sizeof(std::uint64_t)), nullptr, kHexadecimal));
}

std::string valueIn(std::string_view secret, std::string_view key) {
    const auto data = json_text::member(secret, "data").value_or("");
    const auto text = json_text::stringIn(json_text::member(data, key).value_or(""));
    return fromBase64(text.value_or("")).value_or("");
}

}  // namespace

Delivery::Delivery(Options options, const elector::runtime::Clock& clock,
                   const elector::runtime::Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      client_(options_.access, clock),
      trouble_(fmt::format("the Secret {} was not read yet", options_.secret)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Delivery::~Delivery() = default;

std::optional<std::string> Delivery::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void Delivery::setTrouble(std::optional<std::string> trouble) {
    const std::lock_guard lock(mutex_);
    if (trouble && trouble != trouble_) {
        log_.warn("cannot deliver the certificate to the webhook, trying again",
                  {{"error", *trouble}});
    }
    trouble_ = std::move(trouble);
}

void Delivery::run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { wake_.wake(); });
    elector::election::Jitter jitter = newJitter();
    elector::election::Backoff backoff(kLongestPause, jitter);
    while (!stop.stop_requested()) {
        const Instant begun = clock_.now();
        const ApiError error = watch(stop);
        if (stop.stop_requested()) {
            return;
        }
        // A watch that ended after a while is no failure, and neither is what it ended with.
        if (clock_.now() - begun >= kLongestPause) {
            backoff.reset();
        } else if (error.kind != ErrorKind::Gone) {
            setTrouble(fmt::format("cannot bring the Secret {} to the webhook: {}", options_.secret,
                                   error.message));
        }
        wake_.waitUntil(clock_.now() + backoff.next(error.retryAfter));
    }
}

// Without a resourceVersion: the server tells what there is, as an event, and then every change.
ApiError Delivery::watch(const std::stop_token& stop) {
    elector::kubernetes::Request request;
    request.path = fmt::format(
        "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={}&fieldSelector=metadata.name%3D{}",
        cluster::collectionPath(cluster::kSecrets, options_.space), kWatchSeconds,
        cluster::encoded(options_.secret));
    elector::kubernetes::WatchStream stream(client_, cluster::kCertificateOnly);
    const Instant now = clock_.now();
    if (const auto opened = stream.open(request, {now + kSetUp, stop}, {now + kSilence, stop});
        !opened) {
        return opened.error();
    }
    for (;;) {
        const auto event = stream.next();
        if (!event) {
            return event.error();
        }
        if (!event.value().problem.empty()) {
            setTrouble(fmt::format("the Secret {} cannot be read: {}", options_.secret,
                                   event.value().problem));
        }
        const bool isState = event.value().type == "ADDED" || event.value().type == "MODIFIED";
        // A server or proxy that ignores the selector sends all.
        if (isState && cluster::keyOf(event.value().object).name == options_.secret) {
            if (std::string wrong = deliver(event.value().object); !wrong.empty()) {
                client_.close();
                return {ErrorKind::Server, 0, std::nullopt, std::move(wrong)};
            }
        }
        client_.setStreamLimits({clock_.now() + kSilence, stop});
    }
}

// Returns "", or why the file could not be written: then the Secret has to be read again. One that
// holds no pair is waited for to change.
std::string Delivery::deliver(std::string_view secret) {
    const auto content = pemFileOf(valueIn(secret, "tls.crt"), valueIn(secret, "tls.key"));
    if (!content) {
        setTrouble(
            fmt::format("the Secret {} holds no certificate (tls.crt) with its key (tls.key)",
                        options_.secret));
        return "";
    }
    const auto present = elector::kubernetes::readFile(options_.file);
    if (!present || present.value() != *content) {
        if (std::string wrong = replacePemFile(options_.file, *content); !wrong.empty()) {
            return wrong;
        }
        log_.info("delivered a certificate to the webhook", {{"file", options_.file}});
    }
    setTrouble(std::nullopt);
    return "";
}

}  // namespace injector::certificates
