#include "tests/support/memory_limit.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace elector::test {
namespace {

const std::filesystem::path kGroups = "/sys/fs/cgroup";

bool write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream stream(file);
    stream << text << std::flush;
    return stream.good();
}

std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string text;
    std::getline(stream, text);
    return text;
}

std::size_t numberIn(const std::filesystem::path& file) {
    const std::string text = read(file);
    if (text.empty()) {
        throw std::runtime_error("cannot read " + file.string());
    }
    return std::stoull(text);
}

std::filesystem::path make(const std::filesystem::path& parent) {
    static int number = 0;
    const auto folder = parent / ("leader-elector-test-" + std::to_string(::getpid()) + "-" +
                                  std::to_string(++number));
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) {
        throw std::runtime_error("cannot make the control group " + folder.string() + ": " +
                                 (error ? error.message() : "it exists"));
    }
    return folder;
}

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes) {
    second_ = read(kGroups / "cgroup.controllers").find("memory") != std::string::npos;
    if (second_) {
        write(kGroups / "cgroup.subtree_control", "+memory");
        folder_ = make(kGroups);
    } else {
        folder_ = make(kGroups / "memory");
    }
    bool works = false;
    if (second_) {
        works = write(folder_ / "memory.max", std::to_string(bytes));
        write(folder_ / "memory.swap.max", "0");
    } else {
        // The buffers of sockets are counted from the moment they have a limit.
        works = write(folder_ / "memory.limit_in_bytes", std::to_string(bytes)) &&
                write(folder_ / "memory.kmem.tcp.limit_in_bytes",
                      std::to_string(std::size_t{1} << 40U));
    }
    if (!works) {
        std::error_code ignored;
        std::filesystem::remove(folder_, ignored);
        throw std::runtime_error("the control group " + folder_.string() +
                                 " takes no memory limit");
    }
}

MemoryLimit::~MemoryLimit() {
    // The kernel lets go of it a moment after its last process.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::error_code error;
    do {
        std::filesystem::remove(folder_, error);
    } while (error && std::chrono::steady_clock::now() < end);
}

std::vector<std::string> MemoryLimit::around(const std::vector<std::string>& command) const {
    std::vector<std::string> all{"/bin/sh", "-c", R"(echo $$ >"$0" && exec "$@")",
                                 folder_ / "cgroup.procs"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

std::size_t MemoryLimit::peak() const {
    if (second_) {
        return numberIn(folder_ / "memory.peak");
    }
    return numberIn(folder_ / "memory.max_usage_in_bytes") +
           numberIn(folder_ / "memory.kmem.tcp.max_usage_in_bytes");
}

}  // namespace elector::test
