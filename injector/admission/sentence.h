#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Sentences for people, within the length at which Kubernetes may cut a warning.
namespace injector::admission {

// Warnings of 256 characters and more may be cut (admission.k8s.io/v1, AdmissionResponse).
inline constexpr std::size_t kMaxSentenceBytes = 255;
// So that one can stand behind "no sidecar was injected: ".
inline constexpr std::size_t kMaxReasonBytes = 220;

// `before`, the foreign text `foreign` in quotes, `after`: one sentence of at most `most` bytes.
// The foreign text is escaped, and cut at 100 characters or where the rest needs the room.
std::string sentenceAbout(std::string_view before, std::string_view foreign, std::string_view after,
                          std::size_t most = kMaxSentenceBytes);

}  // namespace injector::admission
