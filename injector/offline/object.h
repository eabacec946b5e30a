#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "injector/config/invocation.h"

namespace injector::offline {

// What became of one object: sentences that begin with the object's name.
struct ObjectReport {
    std::vector<std::string> notes;
    std::vector<std::string> refusals;
    bool isAsked = false;  // an annotation of ours was found
    // The object with its sidecar; nothing where it stays as it was.
    std::optional<std::string> injected;
};

// Injects `object`, JSON of one object that is no list. Where it names no apiVersion or kind, as
// in a list of one kind, it is of those given.
ObjectReport injectObject(std::string_view object, std::string_view apiVersion,
                          std::string_view kind, const config::InjectRequest& request);

}  // namespace injector::offline
