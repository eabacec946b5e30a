#include "tests/support/heap_peak.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

struct Heap {
    std::size_t used = 0;
    std::size_t peak = 0;
};
Heap heap;

}  // namespace

// Never inlined, where compilers see a block of the one kind returned as one of the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
    void* const block = std::malloc(size);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    heap.used += malloc_usable_size(block);
    heap.peak = std::max(heap.peak, heap.used);
    return block;
}

[[gnu::noinline]] void operator delete(void* block) noexcept {
    heap.used -= malloc_usable_size(block);
    std::free(block);
}

[[gnu::noinline]] void operator delete(void* block, std::size_t /*size*/) noexcept {
    operator delete(block);
}

namespace elector::test {

std::size_t heapPeakOf(const std::function<void()>& work) {
    const std::size_t before = heap.used;
    heap.peak = heap.used;
    work();
    return heap.peak - before;
}

}  // namespace elector::test
