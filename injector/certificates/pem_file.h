#pragma once

#include <optional>
#include <string>

// The one file by which the operator hands the webhook its certificate: a private key, then the
// certificate with its chain, all in PEM.
namespace injector::certificates {

// The content of such a file. Nothing where `certificate` (with its chain) and `key` are no pair.
std::optional<std::string> pemFileOf(const std::string& certificate, const std::string& key);

// Puts `content` in place of the file: whoever reads it finds the old content or the new one,
// whole. Readable by user and group only. Does not wait for the disk: the file is made anew after a
// crash of the machine. Returns "", or a sentence that says why it could not.
std::string replacePemFile(const std::string& file, const std::string& content);

}  // namespace injector::certificates
