#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/config/address.h"
#include "elector/config/flag.h"

// What the values of flags may be, and how they are read.
namespace elector::config {

// Each returns "" or what is allowed instead, to follow "... is refused: ".
std::string complaintAbout(const FlagSpec& spec, const std::string& value);
std::string complaintAboutId(const std::string& id);
std::string complaintAboutLeaseName(const std::string& name);
std::string complaintAboutNamespace(const std::string& name);
std::string complaintAboutPodUid(const std::string& uid);
std::string complaintAboutAddress(const std::string& address);  // to serve on
std::string complaintAboutTarget(const std::string& address);   // to ask
std::string complaintAboutHosts(const std::string& hosts);
std::string complaintAboutDuration(const std::string& duration);
// `least` and `most` are durations too.
std::string complaintAboutDuration(const std::string& duration, std::string_view least,
                                   std::string_view most);

// Host names with commas between, in lower case. Nothing where one of them is none.
std::optional<std::vector<std::string>> hostsIn(std::string_view text);

// The folder that "file:DIR" names; nothing for any other store.
std::optional<std::string> folderIn(std::string_view store);

// As Kubernetes checks names of objects (RFC 1123): lower-case letters, digits and dashes, with a
// letter or digit at both ends; at most 63 characters.
bool isDnsLabel(std::string_view text);

// Such labels with points between, at most 253 characters; Kubernetes sets no limit to each.
bool isDnsSubdomain(std::string_view text);

}  // namespace elector::config
