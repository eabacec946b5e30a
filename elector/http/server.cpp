#include "elector/http/server.h"

#include <utility>

#include "elector/http/event_loop.h"

namespace elector::http {

Server::Server(ServerOptions options, Router router, const runtime::Clock& clock,
               const runtime::Log& log)
    : loop_(std::make_unique<EventLoop>(std::move(options), std::move(router), clock, log)) {}

Server::~Server() {
    stop();
}

void Server::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop_->run(stop); });
}

void Server::retire() {
    loop_->retire();
}

void Server::stop() {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
}

std::uint16_t Server::port() const {
    return loop_->port();
}

const Stats& Server::stats() const {
    return loop_->stats();
}

runtime::Duration Server::busyFor() const {
    return loop_->busyFor();
}

bool Server::post(std::function<void()> function) {
    return loop_->post(std::move(function));
}

std::future<void> Server::barrier() {
    auto passed = std::make_shared<std::promise<void>>();
    if (!post([passed] { passed->set_value(); })) {
        passed->set_value();
    }
    return passed->get_future();
}

}  // namespace elector::http
