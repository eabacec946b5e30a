#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "elector/commands/commands.h"

// A program that is linked against the C library of one image does not start in another, which may
// have none. So the copy brings its libraries and its loader along: it names that loader as its
// own, and finds the libraries beside itself ($ORIGIN, said where the program is linked).
namespace elector::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraries = "leader-elector.lib";  // as elector/CMakeLists.txt has it

// What this process has loaded, by path: libraries, and the loader.
std::vector<fs::path> loadedObjects() {
    std::vector<fs::path> objects;
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t /*size*/, void* found) {
            const std::string path(object->dlpi_name);
            if (path.starts_with('/')) {  // neither the program itself nor the kernel's own
                static_cast<std::vector<fs::path>*>(found)->emplace_back(path);
            }
            return 0;
        },
        &objects);
    return objects;
}

std::string bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return bytes;
}

// Has `program` name the loader of its name in another folder as its own.
void moveLoader(std::string& program, const fs::path& folder) {
    ElfW(Ehdr) head{};
    std::memcpy(&head, program.data(), sizeof head);
    for (std::size_t i = 0; i < head.e_phnum; ++i) {
        ElfW(Phdr) segment{};
        const std::size_t at = head.e_phoff + i * head.e_phentsize;
        std::memcpy(&segment, &program.at(at), sizeof segment);
        if (segment.p_type != PT_INTERP) {
            continue;
        }
        const fs::path before = program.substr(segment.p_offset, segment.p_filesz - 1);
        const std::string loader = folder / before.filename();
        // Behind all the rest, where there is room for any. The kernel reads it from there; the
        // loader goes on to read the old one, at its address, and takes it for one of its names.
        segment.p_offset = program.size();
        segment.p_filesz = loader.size() + 1;
        std::memcpy(&program.at(at), &segment, sizeof segment);
        program.append(loader.c_str(), loader.size() + 1);
        return;
    }
    throw std::runtime_error("this program has no loader that a copy could bring along");
}

// Exchanges what is there at once: it may be running.
void write(const fs::path& path, const std::string& bytes) {
    const fs::path fresh = path.string() + ".new";
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << bytes;
    file.close();
    if (!file) {
        throw std::runtime_error("cannot write " + fresh.string());
    }
    fs::permissions(fresh, fs::perms(0755));
    fs::rename(fresh, path);
}

}  // namespace

int runCopy(const config::CopyRequest& request, std::ostream& err) {
    const fs::path folder(request.folder);
    try {
        fs::create_directories(folder / kLibraries);
        for (const fs::path& object : loadedObjects()) {
            write(folder / kLibraries / object.filename(), bytesOf(object));
        }
        std::string program = bytesOf("/proc/self/exe");
        moveLoader(program, fs::path(request.seenAt) / kLibraries);
        write(folder / "leader-elector", program);
    } catch (const std::exception& error) {
        err << fmt::format("leader-elector: cannot copy this program to {}: {}\n", request.folder,
                           error.what());
        return config::kExitFailure;
    }
    return config::kExitSuccess;
}

}  // namespace elector::commands
