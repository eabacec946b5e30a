#pragma once

#include <optional>
#include <string>
#include <string_view>

// Amounts of CPU and memory as Kubernetes writes them: "10m", "0.5", "32Mi", "1e3"
// (k8s.io/apimachinery/pkg/api/resource).
namespace injector::admission {

// The amount in whole units (CPUs, bytes). Two texts of the same amount give the same number.
// Nothing for what is no quantity, has a sign, has more than fifteen digits, or an exponent
// above 18.
std::optional<double> parseQuantity(std::string_view text);

// "", or what is allowed instead, to follow "... is refused: ". At least a thousandth of a CPU,
// which is the least that Kubernetes counts; at least 1Mi of memory or storage, as "100m" is a
// tenth of a byte.
std::string complaintAboutCpu(const std::string& text);
std::string complaintAboutMemory(const std::string& text);
std::string complaintAboutStorage(const std::string& text);

}  // namespace injector::admission
