#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "elector/config/values.h"
#include "elector/exec/wrapper.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::exec {

// The states in a stream of server-sent events, as GET /api/leader/watch sends it. Threads: one.
class StateReader {
  public:
    // Takes what has come; calls `tell` with each state: the term, or nothing where the elector
    // does not lead. False for what no elector sends.
    bool take(std::string_view bytes, const std::function<void(std::optional<Lead>)>& tell);

  private:
    std::string line_;  // the beginning of one
};

// Hears who leads from a running elector, by its stream. A stream that breaks off is opened again;
// what it has told holds until its end.
class StreamSource final : public Source {
  public:
    // Both outlive it.
    StreamSource(config::Address elector, const runtime::Clock& clock, const runtime::Log& log);

    void start(std::function<void()> wake) override;
    std::optional<Lead> lead() override;
    std::string url() const override { return "http://" + elector_.text(); }
    void stop() override { reader_.request_stop(); }

  private:
    void read(const std::stop_token& stop);
    // Until it ends: why it did.
    std::string readStream(const std::stop_token& stop);

    const config::Address elector_;
    const runtime::Clock& clock_;
    const runtime::Log& log_;
    std::function<void()> wake_;
    runtime::Wake pause_;
    std::mutex mutex_;
    std::optional<Lead> lead_;
    bool isHeard_ = false;  // of the reader: an outage is told once
    std::jthread reader_;   // last: it ends before what it uses
};

}  // namespace elector::exec
