#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "elector/http/server.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/log.h"

namespace elector::http {

// A clock that stands until it is moved.
class HandClock final : public runtime::Clock {
  public:
    runtime::Instant now() const override { return kStart + since_.load(); }
    runtime::WallTime wall() const override {
        return runtime::WallTime(std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::seconds(1767323045) + since_.load()));
    }
    void advance(runtime::Duration by) { since_ = since_.load() + by; }

  private:
    static constexpr runtime::Instant kStart{std::chrono::hours(1)};
    std::atomic<runtime::Duration> since_{runtime::Duration(0)};
};

// Holds up a server's loop, from when this is made until release(): what happens meanwhile, the
// loop finds all at once.
class Hold {
  public:
    explicit Hold(Server& server) {
        server.post([this] {
            entered_.set_value();
            leave_.get_future().wait();
        });
        entered_.get_future().wait();
    }
    void release() { leave_.set_value(); }

  private:
    std::promise<void> entered_;
    std::promise<void> leave_;
};

// A server on a free port of the loopback, in a time that a test moves.
class ServerFixture : public testing::Test {
  protected:
    ServerFixture() : sink_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
        options.host = "127.0.0.1";
        router.answer("GET", "/hello",
                      [](const Request&) { return Response::text(200, "hello\n"); });
        router.answer("GET", "/throws",
                      [](const Request&) -> Response { throw std::runtime_error("no luck"); });
        router.answer("POST", "/echo", [](const Request& request) {
            return Response::text(200, std::string(request.body));
        });
    }
    ~ServerFixture() override { server.reset(); }

    void start() {
        server = std::make_unique<Server>(options, router, clock, log);
        server->start();
    }
    std::uint16_t port() const { return server->port(); }

    // Moves the time, and the server to look at it.
    void pass(runtime::Duration time) {
        clock.advance(time);
        // The first passes at the beginning of the round that looks at the clock, the second at
        // that of the round which closes what has expired, the third after it.
        for (int round = 0; round < 3; ++round) {
            server->barrier().wait();
        }
    }

    ServerOptions options;
    Router router;
    HandClock clock;
    std::unique_ptr<Server> server;

  private:
    runtime::Descriptor sink_;  // closed after the log, whose thread writes to it

  protected:
    runtime::Log log{runtime::LogLevel::Info, runtime::LogFormat::Text, clock, sink_.get()};
};

}  // namespace elector::http
