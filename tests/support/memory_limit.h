#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace elector::test {

// What a container's memory limit is: a control group of the kernel's, version 2 where it has the
// memory controller, else version 1, in which the kernel's buffers of sockets are counted apart
// from the limit; peak() counts them as version 2 does. Needs root. Threads: one.
class MemoryLimit {
  public:
    // Throws std::runtime_error with a sentence where this machine grants no such group.
    explicit MemoryLimit(std::size_t bytes);
    // REQUIRES: what ran in it has ended.
    ~MemoryLimit();
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

    // The command that runs `command` under the limit, from its first instruction on.
    std::vector<std::string> around(const std::vector<std::string>& command) const;

    // The most that was in use at once, the kernel's buffers of sockets included.
    std::size_t peak() const;

  private:
    bool second_ = false;  // version 2
    std::filesystem::path folder_;
};

}  // namespace elector::test
