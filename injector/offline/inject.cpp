#include "injector/offline/inject.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/runtime/log.h"
#include "injector/offline/manifest.h"

namespace injector::offline {

namespace {

using elector::config::kExitFailure;
using elector::config::kExitSuccess;

// All of `in`, or one byte more than a manifest may have.
std::string readAll(std::istream& in) {
    std::string text;
    std::vector<char> block(std::size_t{64} * 1024);
    while (text.size() <= kMaxManifest && in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    return text;
}

// The text of `file`; or nothing, and the reason in `problem`.
std::optional<std::string> readFile(const std::string& file, std::string& problem) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        problem = "it is a folder; name the files in it one by one, or join them: cat FOLDER/*";
        return std::nullopt;
    }
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    auto text = readAll(in);
    if (!in.is_open() || in.bad()) {
        problem = fmt::format("it cannot be read: {}", std::generic_category().message(errno));
        return std::nullopt;
    }
    return text;
}

}  // namespace

int runInject(const config::InjectRequest& request, std::istream& in, std::ostream& out,
              std::ostream& err) {
    const bool isStandardInput = request.file == "-";
    const std::string name = isStandardInput ? "standard input" : request.file;
    std::string problem;
    const auto text =
        isStandardInput ? std::optional(readAll(in)) : readFile(request.file, problem);
    if (!text) {
        err << fmt::format("{}: {}\n", elector::runtime::quoted(name), problem);
        return kExitFailure;
    }
    const auto manifest = injectManifest(*text, name, request);
    for (const auto& note : manifest.notes) {
        err << "note: " << note << '\n';
    }
    for (const auto& refusal : manifest.refusals) {
        err << refusal << '\n';
    }
    if (!manifest.refusals.empty()) {
        err << "nothing was printed\n";
        return kExitFailure;
    }
    out << manifest.text << std::flush;
    if (!out) {
        err << "the output could not be written\n";
        return kExitFailure;
    }
    return kExitSuccess;
}

}  // namespace injector::offline
