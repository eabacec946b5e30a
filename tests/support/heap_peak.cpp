#include "tests/support/heap_peak.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER_HOOKS 1
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace {

// What is in use may fall below what was at first: not all that is freed was counted.
struct Heap {
    std::ptrdiff_t used = 0;
    std::ptrdiff_t peak = 0;

    void take(std::size_t bytes) {
        used += static_cast<std::ptrdiff_t>(bytes);
        peak = std::max(peak, used);
    }
    void give(std::size_t bytes) { used -= static_cast<std::ptrdiff_t>(bytes); }
};
Heap heap;

#ifdef HAS_SANITIZER_HOOKS

// A sanitizer has operators of its own, which must go with each other.
const bool areHooked =
    __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void* /*block*/, std::size_t size) { heap.take(size); },
        [](const volatile void* block) { heap.give(__sanitizer_get_allocated_size(block)); }) > 0;

#endif

}  // namespace

#ifndef HAS_SANITIZER_HOOKS

// Never inlined, where compilers see a block of the one kind returned as one of the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
    void* const block = std::malloc(size);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    heap.take(malloc_usable_size(block));
    return block;
}

[[gnu::noinline]] void operator delete(void* block) noexcept {
    heap.give(malloc_usable_size(block));
    std::free(block);
}

[[gnu::noinline]] void operator delete(void* block, std::size_t /*size*/) noexcept {
    operator delete(block);
}

#endif

namespace elector::test {

std::size_t heapPeakOf(const std::function<void()>& work) {
#ifdef HAS_SANITIZER_HOOKS
    if (!areHooked) {
        throw std::bad_alloc();  // nothing would be counted
    }
#endif
    const std::ptrdiff_t before = heap.used;
    heap.peak = heap.used;
    work();
    return static_cast<std::size_t>(heap.peak - before);
}

}  // namespace elector::test
