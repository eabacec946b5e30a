#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace elector::test {

// A limit of memory for one program, as the kubelet sets it for a container: by a memory cgroup, of
// v1 or v2, where this process may make one, so that a program beyond it is killed; else by its
// resource limit of data (RLIMIT_DATA), beyond which it is given no more memory.
class MemoryLimit {
  public:
    explicit MemoryLimit(std::size_t bytes);
    // REQUIRES: the program has ended.
    ~MemoryLimit();
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

    // The arguments of /bin/sh that run `command` under the limit, in the same process.
    std::vector<std::string> shellArguments(const std::vector<std::string>& command) const;
    // How much was in use at most, in bytes, caches included; 0 where nobody counts it.
    std::size_t peak() const;

  private:
    std::size_t bytes_;
    std::filesystem::path group_;  // "" without a cgroup
};

}  // namespace elector::test
