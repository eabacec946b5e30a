#include "tests/support/json_text.h"

#include <sstream>

#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>

namespace elector::test {

std::optional<Poco::JSON::Object> parseObject(std::string_view text) {
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var value = parser.parse(std::string(text));
        if (value.type() != typeid(Poco::JSON::Object::Ptr)) {
            return std::nullopt;
        }
        return *value.extract<Poco::JSON::Object::Ptr>();
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

std::string toText(const Poco::JSON::Object& object) {
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(object, out);
    return out.str();
}

std::string jsonString(std::string_view text) {
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(Poco::Dynamic::Var(std::string(text)), out);
    return out.str();
}

Poco::JSON::Object childObject(const Poco::JSON::Object& object, const std::string& name) {
    const Poco::Dynamic::Var value = object.get(name);
    if (value.isEmpty() || value.type() != typeid(Poco::JSON::Object::Ptr)) {
        return Poco::JSON::Object();
    }
    return *value.extract<Poco::JSON::Object::Ptr>();
}

std::string childText(const Poco::JSON::Object& object, const std::string& name) {
    const Poco::Dynamic::Var value = object.get(name);
    return value.isString() ? value.extract<std::string>() : std::string();
}

}  // namespace elector::test
