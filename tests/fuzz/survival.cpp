#include "tests/fuzz/survival.h"

#include <map>
#include <string>

#include "elector/names.h"
#include "elector/runtime/json_text.h"

namespace fuzz {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using json_text::Kind;

using Members = std::map<std::string, std::string_view, std::less<>>;

Members lastMembersOf(std::string_view object) {
    Members members;
    for (auto& member : json_text::membersOf(object)) {
        members.insert_or_assign(std::move(member.key), member.value);
    }
    return members;
}

bool isRewritten(const std::string& key, const Members& siblings) {
    if (key.starts_with(names::kPrefix)) {
        return true;
    }
    const auto name = siblings.find("name");
    return key == "restartPolicy" && name != siblings.end() &&
           json_text::stringIn(name->second) == names::kContainer;
}

bool objectSurvives(std::string_view before, std::string_view after) {
    const auto old = lastMembersOf(before);
    const auto now = lastMembersOf(after);
    for (const auto& [key, value] : old) {
        if (json_text::kindOf(value) == Kind::Null || isRewritten(key, old)) {
            continue;
        }
        const auto found = now.find(key);
        if (found == now.end() || !survives(value, found->second)) {
            return false;
        }
    }
    return true;
}

bool arraySurvives(std::string_view before, std::string_view after) {
    const auto old = json_text::elementsOf(before);
    const auto now = json_text::elementsOf(after);
    if (now.size() < old.size() || now.size() > old.size() + 1) {
        return false;
    }
    for (std::size_t added = 0; added <= now.size() - old.size(); ++added) {
        std::size_t index = 0;
        while (index < old.size() && survives(old[index], now[index + added])) {
            ++index;
        }
        if (index == old.size()) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool survives(std::string_view before, std::string_view after) {
    const auto kind = json_text::kindOf(before);
    if (kind == Kind::Null) {
        return true;
    }
    if (json_text::kindOf(after) != kind) {
        return false;
    }
    switch (kind) {
        case Kind::Object:
            return objectSurvives(before, after);
        case Kind::Array:
            return arraySurvives(before, after);
        case Kind::String: {
            const auto text = json_text::stringIn(before);
            return before == after || (text && text == json_text::stringIn(after));
        }
        case Kind::Number:
        case Kind::Boolean:
        case Kind::Null:
            break;
    }
    return before == after;
}

}  // namespace fuzz
