#pragma once

#include <cstddef>
#include <functional>

namespace elector::test {

// How much more of the heap `work` has in use at a time than there was in use before, in bytes:
// what operator new gave, by all code of the program. Replaces the operators new and delete of each
// program that is linked with it. Threads: one, of a program that has no other while it measures.
std::size_t heapPeakOf(const std::function<void()>& work);

}  // namespace elector::test
