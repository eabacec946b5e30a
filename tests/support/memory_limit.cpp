#include "tests/support/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

namespace elector::test {

namespace {

namespace fs = std::filesystem;

bool writeTo(const fs::path& file, const std::string& text) {
    std::ofstream stream(file);
    stream << text << std::flush;
    return stream.good();
}

// A cgroup of this limit in `parent`, whose files have these names; "" where there can be none.
fs::path groupIn(const fs::path& parent, const char* limit, const char* swap, std::size_t bytes) {
    const fs::path group = parent / fmt::format("elector-test-{}", getpid());
    std::error_code problem;
    if (!fs::exists(parent, problem) || !fs::create_directory(group, problem)) {
        return {};
    }
    if (!fs::exists(group / limit, problem) || !writeTo(group / limit, std::to_string(bytes))) {
        fs::remove(group, problem);
        return {};
    }
    // Nothing goes to a disk instead, where the kernel counts that.
    if (fs::exists(group / swap, problem)) {
        writeTo(group / swap, std::string(swap) == "memory.swap.max" ? "0" : std::to_string(bytes));
    }
    return group;
}

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes)
    : bytes_(bytes),
      group_(groupIn("/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                     "memory.memsw.limit_in_bytes", bytes)) {
    if (group_.empty()) {
        group_ = groupIn("/sys/fs/cgroup", "memory.max", "memory.swap.max", bytes);
    }
}

MemoryLimit::~MemoryLimit() {
    std::error_code problem;
    if (!group_.empty()) {
        fs::remove(group_, problem);
    }
}

std::vector<std::string> MemoryLimit::shellArguments(
    const std::vector<std::string>& command) const {
    constexpr std::size_t kKibibyte = 1024;
    const std::string limit = group_.empty()
                                  ? fmt::format("ulimit -d {}", bytes_ / kKibibyte)
                                  : fmt::format("echo $$ > {}/cgroup.procs", group_.string());
    std::vector<std::string> arguments{"-c", limit + R"( && exec "$0" "$@")"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    return arguments;
}

std::size_t MemoryLimit::peak() const {
    for (const char* file : {"memory.max_usage_in_bytes", "memory.peak"}) {
        std::size_t bytes = 0;
        if (!group_.empty() && std::ifstream(group_ / file) >> bytes) {
            return bytes;
        }
    }
    return 0;
}

}  // namespace elector::test
