// Preloaded into a program, lets its clocks run at another rate than the machine's:
//
//   DRIFT_RATE   seconds that pass on the program's clocks in each second, such as 0.75
//   DRIFT_WALL   "true": the wall clock keeps its rate, and only those that count from the boot
//   drift
//
// Covers what the elector takes time from: clock_gettime(), and timerfds of CLOCK_BOOTTIME, which
// expire when the program's clock shows what was asked for. Waits of poll() and the like are not
// turned: of those the elector's decisions do not depend.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

constexpr long double kNanoseconds = 1e9L;

long double secondsOf(const timespec& t) {
    return static_cast<long double>(t.tv_sec) + static_cast<long double>(t.tv_nsec) / kNanoseconds;
}

timespec timespecOf(long double seconds) {
    timespec t{};
    t.tv_sec = static_cast<time_t>(seconds);
    t.tv_nsec = static_cast<long>((seconds - static_cast<long double>(t.tv_sec)) * kNanoseconds);
    return t;
}

// Past any preloaded library: the machine's own clock.
timespec trueTime(clockid_t clock) {
    timespec t{};
    syscall(SYS_clock_gettime, clock, &t);
    return t;
}

struct Drift {
    long double rate = 1;
    bool turnsWall = true;
    // The wall clock is right when the program starts.
    long double wallAtStart = secondsOf(trueTime(CLOCK_REALTIME));

    Drift() {
        if (const char* text = std::getenv("DRIFT_RATE")) {
            rate = std::strtold(text, nullptr);
        }
        if (!(rate > 0)) {
            std::abort();  // a test that asked for nonsense
        }
        const char* wall = std::getenv("DRIFT_WALL");
        turnsWall = wall == nullptr || std::string(wall) != "true";
    }
};

const Drift& drift() {
    static const Drift instance;
    return instance;
}

// The next library's clock_gettime: libfaketime's, if that is preloaded behind this one. Reading a
// clock leaves errno alone, and programs build on that (Poco reads one between epoll_wait() and its
// EINTR); libfaketime, which opens a file, does not.
int nextClock(clockid_t clock, timespec* t) {
    using Function = int (*)(clockid_t, timespec*);
    static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
    const int before = errno;
    const int result = next(clock, t);
    if (result == 0) {
        errno = before;
    }
    return result;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* t) noexcept {
    switch (clock) {
        case CLOCK_BOOTTIME:
            *t = timespecOf(secondsOf(trueTime(clock)) * drift().rate);
            return 0;
        case CLOCK_REALTIME: {
            const int result = nextClock(clock, t);
            if (result == 0 && drift().turnsWall) {
                const long double passed =
                    secondsOf(trueTime(CLOCK_REALTIME)) - drift().wallAtStart;
                *t = timespecOf(secondsOf(*t) + passed * (drift().rate - 1));
            }
            return result;
        }
        default:
            return nextClock(clock, t);
    }
}

extern "C" int timerfd_settime(int timer, int flags, const itimerspec* wanted,
                               itimerspec* before) noexcept {
    const auto scaled = [](const timespec& t) {
        // A nanosecond late rather than early: the program's clock must show the instant by then.
        return t.tv_sec == 0 && t.tv_nsec == 0 ? t
                                               : timespecOf(secondsOf(t) / drift().rate + 2e-9L);
    };
    const itimerspec turned{scaled(wanted->it_interval), scaled(wanted->it_value)};
    return static_cast<int>(syscall(SYS_timerfd_settime, timer, flags, &turned, before));
}
