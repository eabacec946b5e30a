#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <Poco/JSON/Object.h>

// What the fakes do with JSON. They do not use the product's own reader and writer, whose mistakes
// they are there to find.
namespace elector::test {

// The object that `text` holds, or nothing where it holds no JSON object.
std::optional<Poco::JSON::Object> parseObject(std::string_view text);

// On one line.
std::string toText(const Poco::JSON::Object& object);

// `text` as a JSON string, with its quotes.
std::string jsonString(std::string_view text);

// The member `name` of `object` where it is an object; else an empty one.
Poco::JSON::Object childObject(const Poco::JSON::Object& object, const std::string& name);

// The member `name` where it is a string; else "".
std::string childText(const Poco::JSON::Object& object, const std::string& name);

}  // namespace elector::test
