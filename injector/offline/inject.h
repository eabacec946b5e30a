#pragma once

#include <iosfwd>

#include "injector/config/invocation.h"

namespace injector::offline {

// `inject -f FILE`: prints the manifests of the file, or of `in` where it is "-", with their
// sidecars to `out`; notes, each a line, to `err`. Where anything is refused, that goes to `err`,
// nothing to `out`, and kExitFailure is returned; else kExitSuccess.
int runInject(const config::InjectRequest& request, std::istream& in, std::ostream& out,
              std::ostream& err);

}  // namespace injector::offline
