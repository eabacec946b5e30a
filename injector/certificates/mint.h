#pragma once

#include <string>
#include <vector>

#include "injector/certificates/certificate.h"

namespace injector::certificates {

// A certificate and its private key, both in PEM.
struct KeyPair {
    std::string certificate;
    std::string key;

    bool operator==(const KeyPair&) const = default;
};

// Common name of every authority made here.
inline constexpr const char* kAuthorityName = "leader-elector-injector CA";

// How long before `now` a certificate made here begins, for peers whose clocks are behind.
inline constexpr std::chrono::hours kBackdated{1};

// Makes an authority: ECDSA P-256, self-signed, CA:TRUE with pathlen 0, good for signing
// certificates alone; valid until now + life. Throws std::runtime_error where OpenSSL fails (no
// memory, no randomness).
KeyPair mintAuthority(WallTime now, Duration life);

// Makes a server's certificate for `names` (DNS; at least one), signed by `authority`; valid until
// now + life, but no longer than the authority. Throws std::runtime_error likewise, and where the
// authority's certificate and key are none.
KeyPair mintLeaf(const KeyPair& authority, const std::vector<std::string>& names, WallTime now,
                 Duration life);

}  // namespace injector::certificates
