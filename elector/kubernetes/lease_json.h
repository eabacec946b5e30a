#pragma once

#include <string>
#include <string_view>

#include "elector/election/lease.h"
#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// Reads a coordination.k8s.io/v1 Lease. Whatever an API server can answer is data, however hostile
// its writer was: what cannot be used counts as absent and is told in Lease::oddities. Malformed
// only where there is nothing to write against: no object, no uid, no resourceVersion.
Result<election::Lease> parseLease(std::string_view document);

// The body of a PUT that writes `record` over `base` (rule 4): base's document, in which only the
// spec's five members and our annotation differ; uid and resourceVersion are those of `base`, and
// all else comes back exactly as it was read.
std::string updatedLease(const election::Lease& base, const election::LeaseRecord& record);

// Whether this Lease is for electors of ours, by what is written in it: the operator's label, an
// elector's session, the holder that only electors write, or nothing at all. A Lease that nobody
// ever held was made beforehand, by helm for one: nobody else elects by it.
bool isElectors(const election::Lease& lease);

// The body of the PUT that creates the Lease.
std::string newLease(const election::LeaseKey& key, const election::LeaseRecord& record);

// The text of an annotation that asks for this hand-over.
std::string handOverText(const std::string& from, const std::string& token, const std::string& to);

}  // namespace elector::kubernetes
