#include "tests/support/elector_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "tests/support/json_text.h"

namespace elector::test {
namespace {

using std::chrono::milliseconds;

constexpr int kPauseMs = 15;

// A pointer to each text, and a null at the end, as exec wants them.
std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

pid_t spawn(const std::string& binary, std::vector<std::string> arguments,
            std::vector<std::string> environment, int output) {
    arguments.insert(arguments.begin(), binary);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // This process may ignore signals that the elector is to meet in their usual state.
    sigset_t usual;
    sigfillset(&usual);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    pid_t pid = -1;
    const int error = posix_spawn(&pid, binary.c_str(), &actions, &attributes,
                                  pointersTo(arguments).data(), pointersTo(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), "cannot run " + binary);
    }
    return pid;
}

class Socket {
  public:
    explicit Socket(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Socket() { close(socket_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    bool send(const std::string& text) const {
        return connected_ && ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
                                 static_cast<ssize_t>(text.size());
    }
    // All that comes until the peer closes; nothing where that takes longer.
    std::optional<std::string> readAll(const runtime::Clock& clock,
                                       election::Instant deadline) const {
        std::string all;
        std::array<char, 4096> buffer{};
        while (clock.now() < deadline) {
            pollfd waiting{socket_, POLLIN, 0};
            const auto left = std::chrono::ceil<milliseconds>(deadline - clock.now());
            if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
                continue;
            }
            const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
            if (count == 0) {
                return all;
            }
            if (count < 0) {
                return std::nullopt;
            }
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return std::nullopt;
    }

  private:
    int socket_;
    bool connected_ = false;
};

}  // namespace

void pauseBeforeNextLook() {
    poll(nullptr, 0, kPauseMs);
}

ElectorProcess::ElectorProcess(const std::string& binary, std::vector<std::string> arguments,
                               const std::map<std::string, std::string>& environment) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    }
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) {
        variables.push_back(name + "=" + value);
    }
    pipe_ = ends[0];
    pid_ = spawn(binary, std::move(arguments), std::move(variables), ends[1]);
    close(ends[1]);
    reader_ = std::thread([this] { readOutput(); });
}

ElectorProcess::~ElectorProcess() {
    if (!exitCode_) {
        kill(pid_, SIGKILL);
        waitForExit();
    }
    if (reader_.joinable()) {
        reader_.join();
    }
    close(pipe_);
}

void ElectorProcess::readOutput() {
    std::array<char, 4096> buffer{};
    while (true) {
        std::array<pollfd, 2> waiting{{{pipe_, POLLIN, 0}, {readerWake_.descriptor(), POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
            continue;
        }
        if (isUnread_) {
            return;
        }
        const ssize_t count = read(pipe_, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        const std::scoped_lock lock(mutex_);
        if (count > 0) {
            output_.append(buffer.data(), static_cast<std::size_t>(count));
        } else {
            outputEnded_ = true;
        }
        changed_.notify_all();
        if (count <= 0) {
            return;
        }
    }
}

void ElectorProcess::signal(int number) const {
    if (!exitCode_) {
        kill(pid_, number);
    }
}

void ElectorProcess::stop() const {
    signal(SIGSTOP);
    int status = 0;
    // The kernel tells the parent when the last thread has stopped.
    while (waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
}

std::optional<int> ElectorProcess::waitForExit(milliseconds limit) {
    const auto deadline = clock_.now() + limit;
    while (!exitCode_) {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            exitCode_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (clock_.now() >= deadline) {
            return std::nullopt;
        } else {
            pauseBeforeNextLook();
        }
    }
    return exitCode_;
}

std::string ElectorProcess::output() const {
    const std::scoped_lock lock(mutex_);
    return output_;
}

bool ElectorProcess::waitForOutput(const std::string& part, milliseconds limit) const {
    std::unique_lock lock(mutex_);
    const auto said = [&] { return output_.find(part) != std::string::npos; };
    changed_.wait_for(lock, limit, [&] { return outputEnded_ || said(); });
    return said();
}

int ElectorProcess::timesSaid(const std::string& part) const {
    const std::string all = output();
    int times = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + part.size())) {
        ++times;
    }
    return times;
}

void ElectorProcess::stopReading() {
    isUnread_ = true;
    readerWake_.wake();
    reader_.join();
}

void ElectorProcess::closeOutput() {
    stopReading();
    close(std::exchange(pipe_, -1));
}

void ElectorProcess::leaveOutputUnread() {
    stopReading();
    // The other end of the pipe, opened for this alone and without waiting.
    const int input =
        open(fmt::format("/proc/self/fd/{}", pipe_).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    while (write(input, "x", 1) == 1) {
    }
    close(input);
}

std::uint16_t ElectorProcess::port() const {
    const std::string mark = "\"port\":\"";
    if (!waitForOutput(mark)) {
        return 0;
    }
    const std::string all = output();
    const char* digits = all.c_str() + all.find(mark) + mark.size();
    return static_cast<std::uint16_t>(std::strtoul(digits, nullptr, 10));
}

std::optional<HttpReply> ElectorProcess::get(const std::string& path, milliseconds limit) const {
    const auto deadline = clock_.now() + limit;
    const Socket socket(port());
    if (!socket.send(
            fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path))) {
        return std::nullopt;
    }
    const auto all = socket.readAll(clock_, deadline);
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    const auto head = all ? all->find("\r\n\r\n") : std::string::npos;
    if (head == std::string::npos || !all->starts_with(kVersion)) {
        return std::nullopt;
    }
    return HttpReply{std::atoi(all->c_str() + kVersion.size()), all->substr(head + 4)};
}

std::optional<LeaderReply> ElectorProcess::leader(milliseconds limit) const {
    LeaderReply reply;
    reply.sent = clock_.now();
    const auto answer = get("/api/leader", limit);
    reply.received = clock_.now();
    const auto object = answer && answer->status == 200 ? parseObject(answer->body) : std::nullopt;
    if (!object) {
        return std::nullopt;
    }
    reply.leader = childText(*object, "leader");
    reply.id = childText(*object, "id");
    reply.isLeader = object->optValue<bool>("isLeader", false);
    reply.fencingToken = childText(*object, "fencingToken");
    reply.validFor = milliseconds(object->optValue<std::int64_t>("validForMs", 0));
    return reply;
}

bool ElectorProcess::waitForLeader(const std::function<bool(const LeaderReply&)>& done,
                                   milliseconds limit) const {
    const auto deadline = clock_.now() + limit;
    while (true) {
        const auto reply = leader();
        if (reply && done(*reply)) {
            return true;
        }
        if (clock_.now() >= deadline) {
            return false;
        }
        pauseBeforeNextLook();
    }
}

bool ElectorProcess::waitUntilLeading() const {
    return waitForLeader([](const LeaderReply& reply) { return reply.isLeader; });
}

}  // namespace elector::test
