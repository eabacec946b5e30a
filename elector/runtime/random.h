#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace elector::runtime {

// `bytes` random bytes of the kernel as lower-case hexadecimal digits, two for each: for ids and
// session nonces, which must differ between processes that start at the same moment. At most 256.
// Throws std::system_error where the kernel gives none.
std::string randomHex(std::size_t bytes);

// Of a generator that spreads candidates and retries in time.
std::uint64_t randomSeed();

}  // namespace elector::runtime
