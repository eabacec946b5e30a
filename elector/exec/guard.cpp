#include "elector/exec/guard.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>

#include "elector/campaign/pod_lock.h"
#include "elector/config/invocation.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/file_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/process.h"

namespace elector::exec {

using runtime::Descriptor;

// ----------------------------------------------------------------------------------- process tree

namespace {

// Adds the children of `pid` to `found`; false where the kernel does not show them.
bool collectChildren(pid_t pid, std::vector<pid_t>& found) {
    std::error_code error;
    bool isShown = false;
    const std::string tasks = fmt::format("/proc/{}/task", pid);
    for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
         task.increment(error)) {
        const auto children = runtime::readFile(task->path() / "children");
        if (!children) {
            continue;
        }
        isShown = true;
        std::istringstream numbers(children.value());
        for (pid_t child = 0; numbers >> child;) {
            found.push_back(child);
        }
    }
    return isShown;
}

// Adds all processes below `pid`. Reads no more than concerns them: of a busy machine with a
// thousand processes, to look at all would take longer than is left.
bool collectBelow(pid_t pid, std::vector<pid_t>& found) {
    std::size_t next = found.size();
    const bool isShown = collectChildren(pid, found);
    for (; next < found.size(); ++next) {
        collectChildren(found[next], found);
    }
    return isShown;
}

}  // namespace

bool signalBelow(int signal, pid_t except, std::optional<pid_t> group) {
    // One of another namespace counts other processes by these numbers.
    std::error_code error;
    const pid_t self = getpid();
    if (std::filesystem::read_symlink("/proc/self", error) != std::to_string(self)) {
        return false;
    }
    std::vector<pid_t> found;
    const bool isShown = collectBelow(self, found);
    for (const pid_t pid : found) {
        if (pid != except && (!group || getpgid(pid) == *group)) {
            kill(pid, signal);
        }
    }
    return isShown;
}

void adoptOrphans() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void runFirst() {
    const sched_param lowestOfRealTime{.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowestOfRealTime);
}

Descriptor takeSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    signal(SIGCHLD, SIG_DFL);  // where it is ignored, nobody is told how a child ended
    return Descriptor(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

// ----------------------------------------------------------------------------------------- wrapper

namespace {

struct Command {
    enum class Kind { Start, Extend, Lose, Forward } kind = Kind::Lose;
    int signal = 0;
    std::int64_t validUntil = 0;  // nanoseconds of the boot clock
};

constexpr std::size_t kMostBytes = 8192;  // of a command with its variables

std::string bytesOf(const Command& command) {
    std::string bytes(sizeof command, '\0');
    std::memcpy(bytes.data(), &command, sizeof command);
    return bytes;
}

}  // namespace

void Guard::start(Instant validUntil, const std::vector<std::string>& environment) {
    std::string bytes = bytesOf({Command::Kind::Start, 0, validUntil.time_since_epoch().count()});
    for (const std::string& variable : environment) {
        bytes.append(variable.c_str(), variable.size() + 1);
    }
    send(bytes);
}

void Guard::extend(Instant validUntil) {
    send(bytesOf({Command::Kind::Extend, 0, validUntil.time_since_epoch().count()}));
}

void Guard::lose() {
    send(bytesOf({Command::Kind::Lose, 0, 0}));
}

void Guard::forward(int signal) {
    send(bytesOf({Command::Kind::Forward, signal, 0}));
}

void Guard::send(const std::string& bytes) {
    [[maybe_unused]] const auto sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::optional<Guard::Report> Guard::receive() {
    Report report;
    const auto got = recv(socket_.get(), &report, sizeof report, MSG_DONTWAIT);
    gone_ = gone_ || got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    return got == sizeof report ? std::optional(report) : std::nullopt;
}

Guard::~Guard() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

// ------------------------------------------------------------------------------------------- guard

namespace {

constexpr std::chrono::milliseconds kTryAgain{5};

// The guard's own process.
class Service {
  public:
    Service(const Task& task, Descriptor socket, pid_t wrapperGroup)
        : task_(task),
          socket_(std::move(socket)),
          lock_(task.lease, task.holder),
          wrapperGroup_(wrapperGroup),
          signals_(takeSignals()),
          inputs_(epoll_create1(EPOLL_CLOEXEC)) {
        for (const int descriptor : {socket_.get(), signals_.get()}) {
            epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
            epoll_ctl(inputs_.get(), EPOLL_CTL_ADD, descriptor, &event);
        }
        adoptOrphans();
        runFirst();
    }

    // Until the wrapper is gone, and all that it had started.
    void run() {
        while (!orphaned_ || fuse_) {
            wake_.setAlarm(alarm());
            wake_.wait(inputs_.get(), EPOLLIN, true);
            // What has come is read before anything is done that time asks for.
            readCommands();
            readSignals();
            reap();
            passTime(clock_.now());
        }
    }

  private:
    std::optional<Instant> alarm() const {
        if (!fuse_) {
            return std::nullopt;
        }
        const bool tries = !hasStarted_ || fuse_->due(clock_.now()) == Fuse::Due::Kill;
        return tries ? clock_.now() + kTryAgain : fuse_->next();
    }

    void readCommands() {
        std::array<char, kMostBytes> bytes{};
        while (!orphaned_) {
            const auto got = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                return;
            }
            if (got <= 0) {
                orphaned_ = true;
                epoll_ctl(inputs_.get(), EPOLL_CTL_DEL, socket_.get(), nullptr);
                lose();
                return;
            }
            take({bytes.data(), static_cast<std::size_t>(got)});
        }
    }

    void take(std::string_view bytes) {
        Command command;
        if (bytes.size() < sizeof command) {
            return;
        }
        std::memcpy(&command, bytes.data(), sizeof command);
        bytes.remove_prefix(sizeof command);
        const Instant validUntil{Duration(command.validUntil)};
        if (command.kind == Command::Kind::Start) {
            fuse_.emplace(task_.grace, validUntil);
            hasStarted_ = false;
            ended_.reset();
            lost_ = false;
            environment_.clear();
            while (!bytes.empty()) {
                environment_.emplace_back(bytes.substr(0, bytes.find('\0')));
                bytes.remove_prefix(std::min(environment_.back().size() + 1, bytes.size()));
            }
        } else if (command.kind == Command::Kind::Extend && fuse_) {
            fuse_->extend(validUntil);
        } else if (command.kind == Command::Kind::Lose) {
            lose();
        } else if (command.kind == Command::Kind::Forward) {
            signalGroup(command.signal);
        }
    }

    // Of the signals only SIGCHLD comes here, which reap() answers. The rest is the wrapper's.
    void readSignals() const {
        std::array<signalfd_siginfo, 16> received{};
        while (read(signals_.get(), received.data(), sizeof received) > 0) {
        }
    }

    void lose() {
        if (fuse_ && !fuse_->isLit()) {
            lost_ = !ended_;
            fuse_->light(clock_.now());
            signalGroup(SIGTERM);
            signalGroup(SIGCONT);  // one that is stopped would not hear it
        }
    }

    // The number of a group whose leader was waited for may be another's by now.
    void signalGroup(int signal) const {
        if (hasStarted_ && (!ended_ || !signalBelow(signal, -1, program_))) {
            kill(-program_, signal);
        }
    }

    void reap() {
        int status = 0;
        pid_t pid = 0;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (hasStarted_ && pid == program_ && !ended_) {
                constexpr int kExitOfSignal = 128;
                ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : kExitOfSignal + WTERMSIG(status);
                // What it leaves behind gets the same grace, from now on.
                lose();
            }
        }
        // As the orphans come here, there is nobody left once there is no child.
        if (ended_ && pid < 0 && errno == ECHILD) {
            finish();
        }
    }

    void finish() {
        if (hasTerminal_) {
            tcsetpgrp(STDIN_FILENO, wrapperGroup_);
        }
        report({Guard::Report::Kind::Ended, ended_.value_or(0), lost_});
        fuse_.reset();
        ended_.reset();
        hasStarted_ = false;
    }

    void report(const Guard::Report& report) const {
        [[maybe_unused]] const auto sent =
            send(socket_.get(), &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    void passTime(Instant now) {
        if (!fuse_) {
            return;
        }
        const Fuse::Due due = fuse_->due(now);
        if (!hasStarted_) {
            if (due != Fuse::Due::Nothing || fuse_->isLit()) {
                lost_ = true;
                finish();
            } else if (lock_.tryAcquire()) {
                start();
            }
            return;
        }
        if (due == Fuse::Due::Tell) {
            lose();
        } else if (due == Fuse::Due::Kill) {
            lost_ = lost_ || !ended_;
            signalGroup(SIGKILL);
            signalBelow(SIGKILL, -1);
        }
    }

    void start() {
        hasTerminal_ = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == wrapperGroup_;
        const pid_t guard = getpid();
        program_ = fork();
        if (program_ == 0) {
            become(guard);
        }
        hasStarted_ = true;
        if (program_ < 0) {
            runtime::complain("leader-elector",
                              "cannot start a process: " + std::generic_category().message(errno));
            ended_ = config::kExitCannotRun;
            finish();
            return;
        }
        setpgid(program_, program_);  // here too, so that it is so before anything is sent there
        report({Guard::Report::Kind::Started, program_, false});
    }

    [[noreturn]] void become(pid_t guard) {
        setpgid(0, 0);
        if (hasTerminal_) {
            tcsetpgrp(STDIN_FILENO, getpgrp());
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != guard) {
            _exit(config::kExitCannotRun);  // it has died before it could be told apart
        }
        signal(SIGPIPE, SIG_DFL);
        for (std::string& variable : environment_) {
            putenv(variable.data());  // NOLINT(concurrency-mt-unsafe): a new process has one thread
        }
        std::vector<char*> arguments;
        for (const std::string& argument : task_.command) {
            arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: exec's own type
        }
        arguments.push_back(nullptr);
        sigset_t none;
        sigemptyset(&none);
        pthread_sigmask(SIG_SETMASK, &none, nullptr);
        execvp(arguments.front(), arguments.data());
        const int why = errno;
        runtime::complain("leader-elector",
                          fmt::format("cannot run {}: {}", runtime::quoted(task_.command.front()),
                                      std::generic_category().message(why)));
        _exit(why == ENOENT ? config::kExitNotFound : config::kExitCannotRun);
    }

    const Task& task_;
    const Descriptor socket_;
    campaign::PodLock lock_;
    const pid_t wrapperGroup_;
    const Descriptor signals_;
    const Descriptor inputs_;
    const runtime::SystemClock clock_;
    runtime::Wake wake_;

    bool orphaned_ = false;     // the wrapper is gone
    std::optional<Fuse> fuse_;  // of the program that runs, or is to be started
    std::vector<std::string> environment_;
    bool hasStarted_ = false;
    bool hasTerminal_ = false;
    pid_t program_ = -1;
    std::optional<int> ended_;  // its exit code; others may be left
    bool lost_ = false;
};

}  // namespace

Guard::Guard(const Task& task) : socket_(-1) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot make a socket");
    }
    socket_ = Descriptor(ends[0]);
    Descriptor other(ends[1]);
    const pid_t group = getpgrp();
    pid_ = fork();
    if (pid_ < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot start a guard");
    }
    if (pid_ == 0) {
        // A signal to the wrapper's group is not for the guard.
        setpgid(0, 0);
        socket_ = Descriptor(-1);
        try {
            Service(task, std::move(other), group).run();
        } catch (const std::exception& error) {
            runtime::complain("leader-elector", error.what());
        }
        _exit(0);
    }
}

}  // namespace elector::exec
