#include "injector/certificates/rotation.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace injector::certificates {
namespace {

using Certificates = std::vector<Certificate>;

// More than ever are of use: of the last renewal, and of a few repairs in a row. It bounds what a
// foreign caBundle could make us store.
constexpr std::size_t kMostPrevious = 4;

bool contains(const Certificates& all, const Certificate& one) {
    return std::ranges::find(all, one) != all.end();
}

std::optional<Certificate> firstOf(const std::string& pem) {
    const Certificates all = Certificate::readAll(pem);
    return all.empty() ? std::nullopt : std::optional(all.front());
}

WallTime later(WallTime time, Duration duration) {
    return time + std::chrono::duration_cast<WallTime::duration>(duration);
}

WallTime mintedAt(const Certificate& certificate) {
    return certificate.notBefore() + kBackdated;
}

WallTime renewalOf(const Certificate& certificate) {
    const WallTime minted = mintedAt(certificate);
    return later(minted, Lifetimes::renewAfter(certificate.notAfter() - minted));
}

// What is stored, as far as it is of use at `now`.
class View {
  public:
    View(const Stored& stored, WallTime now)
        : now_(now),
          bundle_(authoritiesIn(stored.bundle)),
          leaf_(firstOf(stored.leaf.certificate)) {
        const KeyPair& pair = stored.authority.current;
        shown_ = firstOf(pair.certificate);
        if (shown_ && !isTrustworthy(*shown_)) {
            shown_.reset();
        }
        if (shown_ && shown_->hasKey(pair.key)) {
            authority_ = shown_;
        }
        for (const Certificate& certificate : authoritiesIn(stored.authority.previous)) {
            if (certificate != shown_) {
                previous_.push_back(certificate);
            }
        }
        if (leaf_ && !(leaf_->isValidAt(now) && leaf_->hasKey(stored.leaf.key))) {
            leaf_.reset();
        }
    }

    // The authority that can sign.
    const std::optional<Certificate>& authority() const { return authority_; }
    // The leaf that can be shown, whoever signed it.
    const std::optional<Certificate>& leaf() const { return leaf_; }

    bool leafIsOurs() const { return leaf_ && authority_ && leaf_->isSignedBy(*authority_); }

    // Whether calls succeed with the leaf and the caBundle that there are.
    bool leafWorks() const { return leafSigner() != nullptr; }

    // What has to be trusted beside the authority: what was already, and whom the leaf in use
    // needs.
    Certificates previous(const Lifetimes& lifetimes) const {
        const bool isGraceOver =
            leaf_ && leafIsOurs() && now_ >= later(mintedAt(*leaf_), lifetimes.grace());
        if (isGraceOver) {
            return {};
        }
        Certificates result = previous_;
        const Certificate* signer = leafSigner();
        if (signer != nullptr && *signer != authority_ && !contains(result, *signer)) {
            result.insert(result.begin(), *signer);
        }
        return bounded(std::move(result));
    }

    // What has to be trusted beside a new authority: all that may be in use. The caBundle is asked
    // too, in case the Secret has lost what it held.
    Certificates previousOfNew() const {
        Certificates result;
        const auto add = [&result](const Certificate& certificate) {
            if (!contains(result, certificate)) {
                result.push_back(certificate);
            }
        };
        if (const Certificate* signer = leafSigner()) {
            add(*signer);
        }
        if (shown_) {
            add(*shown_);
        }
        std::ranges::for_each(previous_, add);
        for (const Certificate& certificate : bundle_) {
            if (certificate.commonName() == kAuthorityName) {
                add(certificate);
            }
        }
        return bounded(std::move(result));
    }

  private:
    bool isTrustworthy(const Certificate& certificate) const {
        return certificate.isAuthority() && certificate.isValidAt(now_);
    }

    Certificates authoritiesIn(const std::string& pem) const {
        Certificates all = Certificate::readAll(pem);
        std::erase_if(all, [this](const Certificate& each) { return !isTrustworthy(each); });
        return all;
    }

    static Certificates bounded(Certificates certificates) {
        if (certificates.size() > kMostPrevious) {
            certificates.erase(certificates.begin() + kMostPrevious, certificates.end());
        }
        return certificates;
    }

    // Of the caBundle the authority that signed the leaf in use; null where there is none.
    const Certificate* leafSigner() const {
        if (!leaf_) {
            return nullptr;
        }
        const auto found = std::ranges::find_if(
            bundle_, [this](const Certificate& each) { return leaf_->isSignedBy(each); });
        return found == bundle_.end() ? nullptr : &*found;
    }

    WallTime now_;
    Certificates bundle_;
    std::optional<Certificate> shown_;  // the authority's certificate, with or without its key
    std::optional<Certificate> authority_;
    Certificates previous_;
    std::optional<Certificate> leaf_;
};

// Why the leaf has to be made anew; "" where it has not.
std::string complaintAboutLeaf(const View& view, const std::vector<std::string>& names,
                               WallTime now) {
    const std::optional<Certificate>& leaf = view.leaf();
    if (!leaf) {
        return "there is none that can be used";
    }
    if (!view.leafIsOurs()) {
        return "the one in use is of another authority";
    }
    for (const std::string& name : names) {
        if (std::ranges::find(leaf->dnsNames(), name) == leaf->dnsNames().end()) {
            return "the one in use has not the name " + name;
        }
    }
    return now >= renewalOf(*leaf) ? "two thirds of the life of the one in use have passed" : "";
}

// Where nothing is due: until the next renewal, or the end of the grace.
Duration untilNext(const View& view, const Certificates& previous, WallTime now,
                   const Lifetimes& lifetimes) {
    WallTime next = WallTime::max();
    if (const auto& authority = view.authority()) {
        next = renewalOf(*authority);
    }
    if (const auto& leaf = view.leaf()) {
        next = std::min(next, renewalOf(*leaf));
        if (!previous.empty()) {
            next = std::min(next, later(mintedAt(*leaf), lifetimes.grace()));
        }
    }
    return std::max<Duration>(next - now, Duration::zero());
}

}  // namespace

Step nextStep(const Stored& stored, const std::vector<std::string>& names, WallTime now,
              const Lifetimes& lifetimes) {
    const View view(stored, now);
    const std::optional<Certificate>& authority = view.authority();
    if (!authority) {
        return MintAuthority{join(view.previousOfNew()), "there is none that can be used"};
    }
    if (now >= renewalOf(*authority)) {
        return MintAuthority{join(view.previousOfNew()),
                             "two thirds of the life of the one in use have passed"};
    }
    const Certificates previous = view.previous(lifetimes);
    if (const std::string text = join(previous); text != stored.authority.previous) {
        return StorePrevious{text, text.size() < stored.authority.previous.size()
                                       ? "no certificate that they signed is in use any more"
                                       : "a certificate that one of them signed is in use"};
    }
    if (const std::string bundle = authority->pem() + join(previous); bundle != stored.bundle) {
        return PublishBundle{
            bundle, stored.bundle.empty() ? "there was none" : "who has to be trusted has changed"};
    }
    if (std::string complaint = complaintAboutLeaf(view, names, now); !complaint.empty()) {
        const bool needsOverlap = view.leafWorks() && !view.leafIsOurs();
        if (needsOverlap && stored.carriedFor < lifetimes.settle) {
            return Rest{lifetimes.settle - stored.carriedFor};
        }
        return MintLeaf{std::move(complaint)};
    }
    return Rest{untilNext(view, previous, now, lifetimes)};
}

}  // namespace injector::certificates
