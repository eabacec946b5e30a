#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "elector/kubernetes/access.h"
#include "elector/kubernetes/watch_stream.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "elector/runtime/wake.h"

namespace injector::certificates {

// Brings the leaf to the webhook beside us: watches one Secret, and writes its key and chain into
// one PEM file, which is replaced by rename, so that whoever reads it finds a key and a certificate
// that belong together. What does not is not delivered, and neither is nothing: a Secret that is
// damaged, emptied or deleted leaves the file as it is (pem_file.h).
//
// Every replica of the operator does this, elected or not. Rights that it needs: watch on the
// Secret, by name (list and watch are allowed by name to who selects by metadata.name).
//
// Threads: one of its own, from construction to destruction; the calls by any.
class Delivery {
  public:
    struct Options {
        elector::kubernetes::Access access;
        std::string space;
        std::string secret;
        std::string file;  // its folder exists and is ours to write in
    };
    // `clock` and `log` outlive it. Throws std::system_error where no thread can be started.
    Delivery(Options options, const elector::runtime::Clock& clock,
             const elector::runtime::Log& log);
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    // Why what the Secret holds is not in the file, in a sentence; nothing where it is.
    std::optional<std::string> trouble() const;

  private:
    void run(const std::stop_token& stop);
    elector::election::ApiError watch(const std::stop_token& stop);
    std::string deliver(std::string_view secret);
    void setTrouble(std::optional<std::string> trouble);

    const Options options_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::kubernetes::Client client_;
    elector::runtime::Wake wake_;
    mutable std::mutex mutex_;
    std::optional<std::string> trouble_;
    std::jthread thread_;
};

}  // namespace injector::certificates
