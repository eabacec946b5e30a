// A program with a crash that only its fuzzer finds, for the test of the fuzzing itself.
#include <string_view>

#include "tests/fuzz/property.h"

namespace fuzz {

void judge(std::string_view text) {
    require(!text.starts_with("mine"), "nobody says that it is theirs", text);
}

}  // namespace fuzz
