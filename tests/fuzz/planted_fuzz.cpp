// A program with a crash that only its fuzzer finds, for the test of the fuzzing itself.
#include <cstdint>
#include <string_view>

#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fuzz::require(!text.starts_with("mine"), "nobody says that it is theirs", text);
    return 0;
}
