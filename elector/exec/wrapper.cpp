#include "elector/exec/wrapper.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "elector/exec/guard.h"
#include "elector/exec/stream_source.h"

namespace elector::exec {
namespace {

class Wrapper {
  public:
    Wrapper(const config::ExecRequest& request, Source& source, Guard& guard,
            const runtime::Descriptor& signals, const runtime::Clock& clock,
            const runtime::Log& log)
        : source_(source),
          guard_(guard),
          signals_(signals),
          clock_(clock),
          log_(log),
          inputs_(epoll_create1(EPOLL_CLOEXEC)),
          director_({request.grace, request.exitsOnLoss, request.timeout}, clock.now()) {
        for (const int descriptor : {signals_.get(), guard_.descriptor()}) {
            epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
            epoll_ctl(inputs_.get(), EPOLL_CTL_ADD, descriptor, &event);
        }
    }

    int run() {
        source_.start([this] { wake_.wake(); });
        while (!exit_) {
            carryOut(director_.told(source_.lead(), clock_.now()));
            const Instant next = director_.wakeAt();
            wake_.setAlarm(next == Instant::max() ? std::nullopt : std::optional(next));
            wake_.wait(inputs_.get(), POLLIN, !exit_);
            wake_.clear();
            readSignals();
            reap();
            readReports();
        }
        return *exit_;
    }

  private:
    void readSignals() {
        std::array<signalfd_siginfo, 16> received{};
        ssize_t got = 0;
        while ((got = read(signals_.get(), received.data(), sizeof received)) > 0) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof received[0]; ++i) {
                const int signal = static_cast<int>(received[i].ssi_signo);
                if (signal != SIGCHLD) {
                    carryOut(director_.received(signal, clock_.now()));
                }
            }
        }
    }

    // Orphans of others too, where this is the first process of a container.
    static bool reap() {
        pid_t pid = 0;
        while ((pid = waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        return pid == 0;
    }

    void readReports() {
        while (const auto report = guard_.receive()) {
            if (report->kind == Guard::Report::Kind::Started) {
                log_.info("the program runs", {{"pid", std::to_string(report->value)}});
                continue;
            }
            log_.info("the program has ended", {{"code", std::to_string(report->value)},
                                                {"lost", report->lost ? "true" : "false"}});
            carryOut(director_.ended(report->value, report->lost, clock_.now()));
        }
        if (guard_.isGone() && !exit_) {
            log_.error("the guard has died: what runs is killed");
            while (reap()) {
                signalBelow(SIGKILL, -1);
                wake_.waitUntil(clock_.now() + std::chrono::milliseconds(5));
            }
            exit_ = config::kExitFailure;
        }
    }

    void carryOut(const Orders& orders) {
        if (orders.start) {
            log_.info("leading: starting the program", {{"lease", orders.start->lease},
                                                        {"id", orders.start->id},
                                                        {"token", orders.start->token}});
            guard_.start(
                orders.start->validUntil,
                {"LEADER_ELECTOR_FENCING_TOKEN=" + orders.start->token,
                 "LEADER_ELECTOR_LEASE=" + orders.start->lease,
                 "LEADER_ELECTOR_ID=" + orders.start->id, "LEADER_ELECTOR_URL=" + source_.url()});
        }
        if (orders.extend) {
            guard_.extend(*orders.extend);
        }
        if (orders.lose) {
            log_.warn("the term ends: the program is told to end");
            guard_.lose();
        }
        if (orders.kill) {
            log_.warn("the term ends: what is left of the program is killed");
            signalBelow(SIGKILL, guard_.pid());
        }
        if (orders.forward) {
            guard_.forward(*orders.forward);
        }
        if (orders.stop) {
            kill(getpid(), SIGSTOP);
        }
        if (orders.exit && !exit_) {
            exit_ = orders.exit;
        }
    }

    Source& source_;
    Guard& guard_;
    const runtime::Descriptor& signals_;
    const runtime::Clock& clock_;
    const runtime::Log& log_;
    const runtime::Descriptor inputs_;
    runtime::Wake wake_;
    Director director_;
    std::optional<int> exit_;
};

Task taskOf(const config::ExecRequest& request) {
    Task task{request.program, request.grace, request.config.lease, "exec/" + request.config.id};
    if (request.elector) {
        task.lease = {"exec", request.elector->text()};
        task.holder.clear();
    }
    for (const std::string& word : request.program) {
        task.holder += '/' + word;
    }
    return task;
}

}  // namespace

int run(const config::ExecRequest& request, const MakeSource& campaign) {
    const runtime::Descriptor signals = takeSignals();
    adoptOrphans();
    const Task task = taskOf(request);
    Guard guard(task);
    runFirst();
    const runtime::SystemClock clock;
    const runtime::Log log(request.config.logLevel, request.config.logFormat, clock);
    for (const std::string& warning : request.config.warnings) {
        log.warn(warning);
    }
    constexpr int kNoSignal = 0;
    if (!signalBelow(kNoSignal, -1)) {
        log.warn("/proc does not show children: of the program, its process group alone is killed");
    }
    const std::unique_ptr<Source> source =
        request.elector ? std::make_unique<StreamSource>(*request.elector, clock, log)
                        : campaign(clock, log);
    const int code = Wrapper(request, *source, guard, signals, clock, log).run();
    source->stop();
    return code;
}

}  // namespace elector::exec
