#pragma once

#include <cstddef>
#include <functional>

namespace elector::test {

// How much more of the heap `work` has in use at a time than there was in use before, in bytes, by
// all code of the program. Counts what operator new gives, whose place it takes in each program
// that is linked with it; with a sanitizer all that its allocator gives. Threads: one, of a program
// that has no other while it measures.
std::size_t heapPeakOf(const std::function<void()>& work);

}  // namespace elector::test
