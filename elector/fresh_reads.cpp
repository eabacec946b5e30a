#include "elector/fresh_reads.h"

#include <chrono>
#include <stop_token>
#include <utility>

namespace elector {
namespace {

constexpr std::chrono::seconds kLongestRead{1};
constexpr std::chrono::milliseconds kBetweenReads{100};

}  // namespace

void FreshReads::ask(Reader reader) {
    const std::scoped_lock lock(mutex_);
    readers_.push_back(std::move(reader));
    if (!thread_.joinable()) {
        thread_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
    }
    asked_.notify_one();
}

void FreshReads::read(const std::stop_token& stop) {
    std::vector<Reader> readers;
    std::unique_lock lock(mutex_);
    while (asked_.wait(lock, stop, [this] { return !readers_.empty(); })) {
        readers.swap(readers_);
        lock.unlock();
        const Reading reading = store_->get(key_, {clock_.now() + kLongestRead, stop});
        for (const Reader& reader : readers) {
            reader(reading);
        }
        readers.clear();
        lock.lock();
        asked_.wait_for(lock, stop, kBetweenReads, [] { return false; });
    }
}

}  // namespace elector
