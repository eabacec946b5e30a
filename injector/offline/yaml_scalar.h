#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace injector::offline {

// What an unquoted scalar of YAML means to Kubernetes, as JSON: a number, truth value, null or
// text. Nothing where JSON has no such value (.inf, .nan).
//
// The rules are those of go.yaml.in/yaml/v2, which kubectl and the API server read YAML with
// (through sigs.k8s.io/yaml): yes, on and y are true; 010 is 8, 0x10 is 16, 1_000 is 1000, 08 is 8;
// a date is a text, as is 12:30. A number that is one in JSON too comes back as it was written.
std::optional<std::string> resolvePlain(std::string_view text);

}  // namespace injector::offline
