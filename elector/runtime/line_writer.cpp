#include "elector/runtime/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

namespace elector::runtime {

namespace {

struct Line {
    std::string text;
    WallTime at;
};

// Waits as long as the descriptor takes nothing. False where it takes no more of `text`; what it
// took before is then in `text` no longer.
bool writeAll(int output, std::string_view& text) {
    while (!text.empty()) {
        const auto written = ::write(output, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            // Somebody who shares the descriptor has made it one that does not wait.
            pollfd writable{output, POLLOUT, 0};
            poll(&writable, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

struct LineWriter::Shared {
    Shared(int descriptor, Notice maker) : output(descriptor), notice(std::move(maker)) {}

    // REQUIRES the mutex.
    void drop(WallTime at) {
        if (untold++ == 0) {
            since = at;
        }
        ++total;
    }

    void run();
    bool writeOut(const std::string& text);
    // Tells what was dropped, if anything was. False where that cannot be written.
    bool tellDropped(std::unique_lock<std::mutex>& lock);
    void writeNext(std::unique_lock<std::mutex>& lock);

    const int output;
    const Notice notice;

    std::mutex mutex;
    std::condition_variable added;
    std::condition_variable written;
    std::deque<Line> waiting;
    std::size_t bytes = 0;     // of the lines that wait, and of the one that is being written
    bool isFull = false;       // lines are dropped until nothing waits
    std::uint64_t untold = 0;  // dropped, and not told of yet
    WallTime since;            // when the first of those was added
    std::uint64_t total = 0;   // dropped
    bool isWriting = false;
    bool isEnding = false;
    bool isLeft = false;  // nobody waits for the thread any more
    bool isDone = false;

    bool isAmidLine = false;  // of the thread: the descriptor took the beginning of a line only
};

bool LineWriter::Shared::writeOut(const std::string& text) {
    const std::string whole = isAmidLine ? "\n" + text : text;
    std::string_view rest = whole;
    const bool isWritten = writeAll(output, rest);
    if (const auto taken = whole.size() - rest.size(); taken > 0) {
        isAmidLine = whole[taken - 1] != '\n';
    }
    return isWritten;
}

bool LineWriter::Shared::tellDropped(std::unique_lock<std::mutex>& lock) {
    if (untold == 0) {
        return true;
    }
    const auto count = std::exchange(untold, 0);
    const auto from = since;
    lock.unlock();
    const bool isTold = writeOut(notice(count, from));
    lock.lock();
    if (!isTold) {
        untold += count;
        since = from;
    }
    return isTold;
}

void LineWriter::Shared::writeNext(std::unique_lock<std::mutex>& lock) {
    // Lines that could not be written came before this one. Those that found the queue full come
    // after all that waits.
    bool isWritten = isFull || tellDropped(lock);
    const Line line = std::move(waiting.front());
    waiting.pop_front();
    if (isWritten) {
        lock.unlock();
        isWritten = writeOut(line.text);
        lock.lock();
    }
    if (!isWritten) {
        drop(line.at);
    }
    bytes -= line.text.size();
    if (isFull && waiting.empty()) {
        isFull = false;
        if (isWritten) {
            tellDropped(lock);
        }
    }
}

void LineWriter::Shared::run() {
    std::unique_lock lock(mutex);
    for (;;) {
        added.wait(lock, [this] { return !waiting.empty() || isEnding; });
        if (isLeft || waiting.empty()) {
            break;
        }
        isWriting = true;
        writeNext(lock);
        isWriting = false;
        written.notify_all();
    }
    isDone = true;
    written.notify_all();
}

LineWriter::LineWriter(int output, Notice notice)
    : shared_(std::make_shared<Shared>(output, std::move(notice))),
      thread_([shared = shared_] { shared->run(); }) {}

LineWriter::~LineWriter() {
    std::unique_lock lock(shared_->mutex);
    shared_->isEnding = true;
    shared_->added.notify_all();
    const bool isDone =
        shared_->written.wait_for(lock, kLastWrites, [this] { return shared_->isDone; });
    shared_->isLeft = true;
    lock.unlock();
    if (isDone) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void LineWriter::add(std::string line, WallTime at) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->isFull = shared_->isFull || shared_->bytes + line.size() > kMaxBytes;
        if (shared_->isFull) {
            shared_->drop(at);
            return;
        }
        shared_->bytes += line.size();
        shared_->waiting.push_back({std::move(line), at});
    }
    shared_->added.notify_one();
}

bool LineWriter::flush(Duration limit) {
    std::unique_lock lock(shared_->mutex);
    return shared_->written.wait_for(
        lock, limit, [this] { return shared_->waiting.empty() && !shared_->isWriting; });
}

std::uint64_t LineWriter::dropped() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->total;
}

}  // namespace elector::runtime
