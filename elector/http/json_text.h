#pragma once

#include <string>
#include <string_view>

namespace elector::http {

// Appends `text` to `out` as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD,
// so that what is sent is JSON whatever a record in the cluster contains.
void appendJsonString(std::string& out, std::string_view text);

}  // namespace elector::http
