#include "injector/certificates/pem_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <vector>

#include "injector/certificates/certificate.h"

namespace injector::certificates {
namespace {

constexpr mode_t kMode = S_IRUSR | S_IRGRP;

std::string complaint(const char* doing, const std::string& file, int number) {
    return fmt::format("cannot {} {}: {}", doing, file,
                       std::error_code(number, std::generic_category()).message());
}

std::string writeNew(const std::string& file, std::string_view content) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (descriptor < 0) {
        return complaint("make", file, errno);
    }
    std::string wrong;
    while (!content.empty() && wrong.empty()) {
        const ssize_t count = ::write(descriptor, content.data(), content.size());
        if (count > 0) {
            content.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            wrong = complaint("write", file, errno);
        }
    }
    // The process's umask may have taken the group's right.
    if (wrong.empty() && ::fchmod(descriptor, kMode) != 0) {
        wrong = complaint("set the mode of", file, errno);
    }
    ::close(descriptor);
    return wrong;
}

}  // namespace

std::optional<std::string> pemFileOf(const std::string& certificate, const std::string& key) {
    const std::vector<Certificate> chain = Certificate::readAll(certificate);
    if (chain.empty() || !chain.front().hasKey(key)) {
        return std::nullopt;
    }
    return key + (key.ends_with('\n') ? "" : "\n") + join(chain);
}

std::string replacePemFile(const std::string& file, const std::string& content) {
    const std::string fresh = file + ".new";
    ::unlink(fresh.c_str());  // of a process that ended between the two steps
    std::string wrong = writeNew(fresh, content);
    if (wrong.empty() && std::rename(fresh.c_str(), file.c_str()) != 0) {
        wrong = complaint("replace", file, errno);
    }
    if (!wrong.empty()) {
        ::unlink(fresh.c_str());
    }
    return wrong;
}

}  // namespace injector::certificates
