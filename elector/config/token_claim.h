#pragma once

#include <string>

namespace elector::config {

// The UID of the Pod that a service account's token (a JWT) is bound to; "" if it names none, or is
// no such token. Only reads: a process is told here who it is by its own file, and whoever could
// forge that could forge its flags.
std::string podUidOf(const std::string& token);

// True for what may be a Pod's UID: letters, digits and dashes, at most 64 of them (a UUID has 36;
// static Pods have a hash).
bool isPodUid(const std::string& text);

}  // namespace elector::config
