#include "injector/config/shared_flags.h"

#include <algorithm>

#include "elector/config/dns_name.h"
#include "elector/runtime/duration.h"

namespace injector::config {

std::string complaintAboutImage(const std::string& image) {
    // As the API server judges it: no blanks at its ends, and not nothing. Registries are stricter.
    const bool isPrintable = std::ranges::all_of(image, [](char c) { return c > ' ' && c <= '~'; });
    return !image.empty() && isPrintable ? ""
                                         : "an image's name has printable ASCII characters and no "
                                           "spaces, such as leader-elector:1.0.0";
}

std::string complaintAboutObject(const std::string& name) {
    return elector::config::isDnsSubdomain(name)
               ? ""
               : "an object's name is a DNS subdomain: lower-case letters, digits, dashes and "
                 "points, beginning and ending with a letter or digit, at most 253 characters";
}

std::string complaintAboutPath(const std::string& path) {
    return path.empty() ? "name a file" : "";
}

std::string complaintAboutDuration(const std::string& text) {
    elector::election::Duration ignored{};
    return elector::config::assignDuration(ignored, text);
}

std::string complaintAboutSidecarLevel(const std::string& text) {
    elector::runtime::LogLevel ignored{};
    return elector::config::assignLogLevel(ignored, text);
}

std::string complaintAboutPullPolicy(const std::string& text) {
    const bool known = text == "Always" || text == "IfNotPresent" || text == "Never";
    return known ? "" : "allowed are Always, IfNotPresent and Never";
}

}  // namespace injector::config
