#pragma once

#include <Poco/JSON/Object.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

// Typed reads of JSON by Poco::JSON: a member has exactly the type asked for, or it is an error
// that names it. Poco by itself converts ("5" to 5), and turns integers of more than 64 bits into
// 0: what must survive a round trip is not read with this, but with json_text.h.
namespace elector::kubernetes::json {

// The way to a member, by keys. (Not one text with dots, which keys may have.)
using Path = std::initializer_list<std::string_view>;

// What is wrong with a text or a member, in a sentence. Foreign text in it is escaped and cut.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The object that `text` is. Throws Error. The caller bounds the size; the depth is bounded by 128.
Poco::JSON::Object parseObject(const std::string& text);

// The member at `path`: nothing where it, or an object on the way to it, is absent or null.
// Throws Error where it, or what is on the way, has another type.
std::optional<std::string> text(const Poco::JSON::Object& object, Path path);
std::optional<std::int64_t> integer(const Poco::JSON::Object& object, Path path);
std::optional<bool> boolean(const Poco::JSON::Object& object, Path path);
// Shares its content with `object`.
std::optional<Poco::JSON::Object> object(const Poco::JSON::Object& object, Path path);

}  // namespace elector::kubernetes::json
