#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace injector::admission {

// Puts the text of a JSON object together, member by member.
class JsonObject {
  public:
    JsonObject();
    // `value` is the text of a JSON value.
    JsonObject& add(std::string_view key, std::string_view value);
    // `value` is any text, which becomes a JSON string.
    JsonObject& addText(std::string_view key, std::string_view value);
    // The same, unless `value` is empty.
    JsonObject& addTextIfAny(std::string_view key, std::string_view value);
    // Ends the object. Once.
    std::string text();

  private:
    void addKey(std::string_view key);

    std::string text_;
};

// The text of a JSON array; `elements` are texts of JSON values.
std::string jsonArray(const std::vector<std::string>& elements);

}  // namespace injector::admission
