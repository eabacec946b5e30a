#include "elector/runtime/process.h"

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <span>

namespace elector::runtime {

// -------------------------------------------------------------------------------- ending signals

namespace {

std::string nameOf(int signal) {
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

EndingSignals::EndingSignals() : signals_() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

void EndingSignals::unblock() const {
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

std::string EndingSignals::await() const {
    int received = 0;
    sigwait(&signals_, &received);
    return nameOf(received);
}

std::optional<std::string> EndingSignals::await(election::Duration limit) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const std::timespec time{static_cast<std::time_t>(seconds.count()),
                             static_cast<long>((limit - seconds).count())};
    int received = 0;
    do {
        received = sigtimedwait(&signals_, nullptr, &time);
    } while (received < 0 && errno == EINTR);  // the process was stopped and continued
    return received < 0 ? std::nullopt : std::optional(nameOf(received));
}

// ------------------------------------------------------------------------------ standard streams

void occupyStandardStreams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
            // Takes the lowest free number, which is this one. Where there is no /dev, a descriptor
            // that can be neither read nor written keeps the place.
            if (open("/dev/null", O_RDWR) < 0) {
                open("/", O_PATH);
            }
        }
    }
}

void complain(const std::string& program, const std::string& sentence) {
    const std::string line = program + ": " + sentence + "\n";
    std::fputs(line.c_str(), stderr);
}

// -------------------------------------------------------------------------------- start up pages

namespace {

constexpr std::chrono::seconds kStartUp{5};

// Whether the loader wrote into code of this object: pages that no file could give back. Debian has
// no such library.
bool hasRelocatedText(const dl_phdr_info& object, const ElfW(Phdr) & dynamic) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives addresses as numbers.
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + dynamic.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_TEXTREL ||
            (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
            return true;
        }
    }
    return false;
}

// Only what was never writable: a page that was may differ from its file.
void unmap(const dl_phdr_info& object, const ElfW(Phdr) & segment) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
        return;
    }
    const auto page = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
    const ElfW(Addr) begin = (object.dlpi_addr + segment.p_vaddr) / page * page;
    const ElfW(Addr) end = object.dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

int unmapObject(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
    const std::span headers(object->dlpi_phdr, object->dlpi_phnum);
    const bool stays = std::ranges::any_of(headers, [object](const auto& header) {
        return header.p_type == PT_DYNAMIC && hasRelocatedText(*object, header);
    });
    if (!stays) {
        for (const auto& header : headers) {
            unmap(*object, header);
        }
    }
    return 0;
}

}  // namespace

void unmapStartUpPages() {
    dl_iterate_phdr(&unmapObject, nullptr);
}

std::optional<std::string> leaveStartUpBehind(const EndingSignals& signals) {
    auto signal = signals.await(kStartUp);
    if (!signal) {
        unmapStartUpPages();
        malloc_trim(0);
    }
    return signal;
}

}  // namespace elector::runtime
