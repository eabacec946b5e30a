// Part of every test program, which ignores SIGPIPE as the programs do
// (elector/runtime/process.h).
#include <csignal>

namespace {

[[maybe_unused]] const auto before = std::signal(SIGPIPE, SIG_IGN);

}  // namespace
