#pragma once

#include <string>

namespace injector::admission {

// "", or what is allowed instead, to follow "... is refused: ". As container runtimes read
// references: [REGISTRY/]REPOSITORY[:TAG][@DIGEST], the repository in lower case.
std::string complaintAboutImage(const std::string& image);

}  // namespace injector::admission
