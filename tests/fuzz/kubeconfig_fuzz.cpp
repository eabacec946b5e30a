// Kubeconfig files, to how an API server is reached. The input is a file, or two with a line
// "#--- next file" between them.
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "elector/kubernetes/access.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

namespace kubernetes = elector::kubernetes;
using kubernetes::Access;
using Paths = std::vector<std::filesystem::path>;

constexpr std::size_t kMostSentence = 2000;

// A file in memory alone.
class File {
  public:
    explicit File(std::string_view text) : descriptor_(memfd_create("kubeconfig", 0)) {
        require(descriptor_ >= 0 && write(descriptor_, text.data(), text.size()) ==
                                        static_cast<ssize_t>(text.size()),
                "a file in memory can be made");
    }
    ~File() { close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::filesystem::path path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

  private:
    int descriptor_;
};

// What the files say, or the sentence that refuses them.
std::variant<Access, std::string> read(const Paths& files) {
    try {
        return kubernetes::readKubeconfig(files);
    } catch (const YAML::Exception& leaked) {
        require(false, "what yaml-cpp throws stays inside", leaked.what());
    } catch (const std::runtime_error& refusal) {
        requireSentence(refusal.what(), kMostSentence);
        return refusal.what();
    }
    return "";
}

std::string shown(const Access& access) {
    const auto source = [](const std::optional<kubernetes::Source>& from) {
        if (!from) {
            return std::string("none");
        }
        const auto path = from->path();
        return path ? "file " + path->string() : "text " + from->read().value();
    };
    return fmt::format("{} {} {} {} {} {} {} {}", access.server.text(), source(access.authorities),
                       source(access.certificate), source(access.key), source(access.token),
                       access.serverName, access.skipVerify, access.space);
}

void judgeAccess(const Access& access) {
    require(!access.server.host.empty() && access.server.port != 0, "a server has host and port");
    const auto url = access.server.text();
    try {
        require(kubernetes::parseEndpoint(url).text() == url, "an address is read as it is written",
                url);
    } catch (const std::runtime_error& problem) {
        require(false, "an address that was read can be read again", problem.what());
    }
    require(access.certificate.has_value() == access.key.has_value(),
            "a certificate comes with its key");
    require(access.server.tls || (!access.token && !access.certificate),
            "credentials go over TLS alone", url);
    require(access.server.tls || kubernetes::isLoopback(access.server.host),
            "another machine is reached over TLS alone", url);
    require(!access.skipVerify || !access.authorities, "an authority is there to be used");
    require(!access.space.empty(), "there is always a namespace");
    requireSentence(access.origin, kMostSentence);
}

}  // namespace

void judge(std::string_view input) {
    constexpr std::string_view kNext = "#--- next file\n";
    const auto end = std::min(input.find(kNext), input.size());
    const File first(input.substr(0, end));
    const auto alone = read({first.path()});
    if (const auto* access = std::get_if<Access>(&alone)) {
        judgeAccess(*access);
        const auto twice = read({first.path(), first.path(), "/nowhere"});
        require(std::holds_alternative<Access>(twice) &&
                    shown(std::get<Access>(twice)) == shown(*access),
                "of two files with the same names the first counts", shown(*access));
    }
    if (end == input.size()) {
        return;
    }
    const File second(input.substr(end + kNext.size()));
    const auto both = read({first.path(), second.path()});
    if (const auto* access = std::get_if<Access>(&both)) {
        judgeAccess(*access);
    }
}

}  // namespace fuzz
