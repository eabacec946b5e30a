#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/http/refusal.h"

namespace elector::http {

bool isIpv4(std::string_view text);
bool isIpv6(std::string_view text);  // without brackets, without zone

// The names under which this server may be asked for. A page in somebody's browser can be made to
// resolve its own name to our address (DNS rebinding), and would then read our answers as its own;
// but it cannot make the browser call us localhost, an IP literal or one of the given names.
// A value; immutable.
class AllowedHosts {
  public:
    // `names` besides localhost and all IP literals: those of the Pod or the Service.
    explicit AllowedHosts(std::vector<std::string> names);
    // Every name, if it is well-formed.
    static AllowedHosts any();

    // Judges a Host header ("web-0", "localhost:4040", "[::1]:4040").
    std::optional<Refusal> judge(std::string_view host) const;

  private:
    std::vector<std::string> names_;
    bool any_ = false;
};

}  // namespace elector::http
