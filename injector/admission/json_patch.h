#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace injector::admission {

// `key` as a part of a JSON Pointer (RFC 6901): "~" and "/" escaped.
std::string pointerPart(std::string_view key);

// Puts a JSON Patch (RFC 6902) together. Paths are JSON Pointers, values texts of JSON values.
class JsonPatch {
  public:
    JsonPatch& add(std::string_view path, std::string_view value);
    JsonPatch& test(std::string_view path, std::string_view value);
    std::string text() const;

  private:
    void append(std::string_view operation, std::string_view path, std::string_view value);

    std::vector<std::string> operations_;
};

}  // namespace injector::admission
