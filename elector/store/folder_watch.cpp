#include "elector/store/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "elector/store/folder.h"

namespace elector::store {
namespace {

// Our own writes arrive as a rename, an editor's as a close or a rename.
constexpr std::uint32_t kChanges = IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

}  // namespace

runtime::Result<FolderWatch> FolderWatch::open(const std::string& folder, std::string name) {
    runtime::Descriptor events(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!events || inotify_add_watch(events.get(), folder.c_str(), kChanges) < 0) {
        return fileError("watch (inotify)", folder, errno);
    }
    try {
        return FolderWatch(std::move(events), std::make_unique<runtime::Wake>(), std::move(name));
    } catch (const std::system_error& error) {  // no descriptors are left
        return fileError("watch", folder, error.code().value());
    }
}

FolderWatch::Outcome FolderWatch::wait(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_->wake(); });
    std::array<pollfd, 2> waiting{{{wake_->descriptor(), POLLIN, 0}, {events_.get(), POLLIN, 0}}};
    while (!stop.stop_requested()) {
        if (poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents != 0) {
            if (const auto outcome = drain()) {
                return *outcome;
            }
        }
    }
    return Outcome::Stopped;
}

std::optional<FolderWatch::Outcome> FolderWatch::drain() {
    std::optional<Outcome> outcome;
    // Room for many events; each has a header and a name of at most NAME_MAX + 1 bytes.
    std::array<char, 8192> buffer{};
    while (true) {
        const ssize_t count = read(events_.get(), buffer.data(), buffer.size());
        if (count <= 0) {
            return outcome;
        }
        std::size_t at = 0;
        while (at + sizeof(inotify_event) <= static_cast<std::size_t>(count)) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = buffer.data() + at + sizeof event;
            if ((event.mask & kFolderGone) != 0) {
                outcome = Outcome::Gone;
            } else if ((event.mask & IN_Q_OVERFLOW) != 0 || (event.len > 0 && name_ == name)) {
                outcome = outcome.value_or(Outcome::Changed);
            }
            at += sizeof event + event.len;
        }
    }
}

}  // namespace elector::store
