#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "elector/election/lease.h"
#include "elector/runtime/result.h"

// What the file store does with files. Errors are values: a disk can fill up, and rights can go.
namespace elector::store {

// A Lease of Kubernetes is at most 1.5 MiB; more in a file of ours is no Lease.
inline constexpr std::size_t kMaxFileBytes = std::size_t{2} << 20U;

// The folder of a Lease below `root`: root/NAMESPACE/NAME, in which every byte that is not a lower
// case letter, a digit, '-' or an inner '.' is written as %XX. So no name can leave the root,
// nor meet a file of the store's own, whose names begin with a dot. Nothing for a name that is
// empty or too long for a file.
std::optional<std::string> leaseFolder(const std::string& root, const election::LeaseKey& key);

// Creates the folder and what is missing above it, for this user alone (0700).
std::optional<election::ApiError> ensureFolder(const std::string& path);

// The bytes of a regular file; nothing where there is none.
runtime::Result<std::optional<std::string>> readFile(const std::string& path);

// Replaces FOLDER/NAME as a whole: whoever reads it, after a kill or a power cut too, finds the old
// bytes or the new ones. REQUIRES that no other process writes it at the same time.
std::optional<election::ApiError> replaceFile(const std::string& folder, const std::string& name,
                                              std::string_view bytes);

// The error of a system call that failed with `number` (errno), as a sentence.
election::ApiError fileError(std::string_view doing, const std::string& path, int number);

}  // namespace elector::store
