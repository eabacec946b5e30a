#include "elector/runtime/start_up_pages.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>

namespace elector::runtime {
namespace {

constexpr std::chrono::seconds kStartUp{5};

// Whether the loader wrote into code of this object: pages that no file could give back. Debian has
// no such library.
bool hasRelocatedText(const dl_phdr_info& object, const ElfW(Phdr) & dynamic) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives addresses as numbers.
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + dynamic.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_TEXTREL ||
            (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
            return true;
        }
    }
    return false;
}

// Only what was never writable: a page that was may differ from its file.
void unmap(const dl_phdr_info& object, const ElfW(Phdr) & segment) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
        return;
    }
    const auto page = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
    const ElfW(Addr) begin = (object.dlpi_addr + segment.p_vaddr) / page * page;
    const ElfW(Addr) end = object.dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

int unmapObject(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
    const std::span headers(object->dlpi_phdr, object->dlpi_phnum);
    const bool stays = std::ranges::any_of(headers, [object](const auto& header) {
        return header.p_type == PT_DYNAMIC && hasRelocatedText(*object, header);
    });
    if (!stays) {
        for (const auto& header : headers) {
            unmap(*object, header);
        }
    }
    return 0;
}

}  // namespace

void unmapStartUpPages() {
    dl_iterate_phdr(&unmapObject, nullptr);
}

std::optional<std::string> leaveStartUpBehind(const EndingSignals& signals) {
    auto signal = signals.await(kStartUp);
    if (!signal) {
        unmapStartUpPages();
        malloc_trim(0);
    }
    return signal;
}

}  // namespace elector::runtime
