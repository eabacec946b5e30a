#pragma once

#include <string>
#include <variant>
#include <vector>

#include "injector/certificates/mint.h"

// What to do next about the webhook's certificate: a pure function of what is stored, so that
// whichever replica is elected carries on where another stopped, between any two steps.
//
// Three places hold the state: the Secret of the authority, the Secret of the leaf, and the
// caBundle in the webhook configuration. An API server calls the webhook successfully while the
// leaf that the webhook shows is signed by an authority in the caBundle that the API server knows.
// Neither changes everywhere at once. So, as far as an order of writes can have it:
//
// 1. A new authority is stored together with the certificates of those before it (`previous`).
// 2. The caBundle gets all of them.
// 3. Once the configuration is known to have carried them for Lifetimes::settle, the leaf is signed
//    by the new authority.
// 4. Once that leaf is old enough that any copy of the leaf before it would have been a fault in a
//    plain renewal as well (Lifetimes::grace), the previous ones are forgotten,
// 5. and leave the caBundle.
//
// The same order heals what is damaged, half there or foreign: what cannot be used is made anew,
// and what the leaf in use needs stays trusted meanwhile.
namespace injector::certificates {

struct Lifetimes {
    // Long: its renewal has the longest order of writes, and nobody but us needs to trust it.
    Duration authority = std::chrono::hours(24 * 3650);
    // Short enough that the renewal is exercised several times a year, and that a stolen key is of
    // no use for long; long enough that an operator may be down for weeks before a leaf runs out.
    Duration leaf = std::chrono::hours(24 * 90);
    // How long every API server may take to notice a new caBundle: each watches the configuration,
    // which takes milliseconds; a watch that has silently died is replaced after a minute or so.
    Duration settle = std::chrono::minutes(2);

    // A certificate is renewed after two thirds of its life: so the last third of the leaf's is the
    // time to find and mend what keeps it from being renewed.
    static Duration renewAfter(Duration life) { return life / 3 * 2; }
    // How long leaves of a previous authority may still be in use: the same last third.
    Duration grace() const { return leaf - renewAfter(leaf); }
};

// The Secret of the authority.
struct AuthorityContent {
    KeyPair current;
    std::string previous;  // certificates that are still to be trusted, in PEM
};

// All that is stored, as read; each text may be "", damaged or foreign.
struct Stored {
    AuthorityContent authority;
    KeyPair leaf;
    std::string bundle;  // the caBundle, in PEM
    // For how long the configuration is known to have carried exactly this bundle. Who has just
    // been elected begins with 0: that delays, and never harms.
    Duration carriedFor{};
};

// Make an authority (mintAuthority), store it with these certificates as its previous ones.
struct MintAuthority {
    std::string previous;
    std::string reason;
};
// Store the authority that there is with these as its previous certificates.
struct StorePrevious {
    std::string previous;
    std::string reason;
};
// Set the caBundle to this.
struct PublishBundle {
    std::string bundle;
    std::string reason;
};
// Make a leaf (mintLeaf) by the stored authority, store it.
struct MintLeaf {
    std::string reason;
};
// Nothing is due before `wait` has passed.
struct Rest {
    Duration wait{};
};
// The reasons are sentences' ends for the log: "minted a certificate: REASON".
using Step = std::variant<MintAuthority, StorePrevious, PublishBundle, MintLeaf, Rest>;

// The next step. `names`: the DNS names that the leaf has to carry.
Step nextStep(const Stored& stored, const std::vector<std::string>& names, WallTime now,
              const Lifetimes& lifetimes);

}  // namespace injector::certificates
