#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace injector::admission {

// A key that stands in the source. Known when it is compiled to be one that JSON writes as it is:
// to look for what would have to be escaped took a tenth of all that a patch takes.
class Key {
  public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to be one.
    consteval Key(const char* text) : text_(text) {
        for (const char c : text_) {
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                throw "a key that would have to be escaped";
            }
        }
    }
    constexpr std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

// Puts the text of a JSON object together, member by member.
class JsonObject {
  public:
    JsonObject();
    // `value` is the text of a JSON value.
    JsonObject& add(Key key, std::string_view value);
    // `value` is any text, which becomes a JSON string.
    JsonObject& addText(Key key, std::string_view value);
    // The same, unless `value` is empty.
    JsonObject& addTextIfAny(Key key, std::string_view value);
    // Ends the object. Once.
    std::string text();

  private:
    void addKey(Key key);

    std::string text_;
};

// The text of a JSON array; `elements` are texts of JSON values.
std::string jsonArray(const std::vector<std::string>& elements);

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
