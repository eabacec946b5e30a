#pragma once

#include <atomic>
#include <cstdint>

namespace elector::http {

// What a server did since it started. Written by the loop, read by any thread.
struct Stats {
    std::atomic<std::uint64_t> connections{0};  // accepted, whatever became of them
    std::atomic<std::uint64_t> open{0};         // now
    std::atomic<std::uint64_t> requests{0};     // that reached a handler
    std::atomic<std::uint64_t> refusals{0};     // requests that were refused before a handler
    std::atomic<std::uint64_t> displaced{0};    // connections closed for newer ones (quota)
    std::atomic<std::uint64_t> shed{0};         // connections closed for the memory they took
    std::atomic<std::uint64_t> expired{0};      // connections that exceeded a time limit
    std::atomic<std::uint64_t> held{0};         // bodies that had to wait for those of others
    std::atomic<std::uint64_t> failures{0};     // handlers that threw or never answered
};

}  // namespace elector::http
