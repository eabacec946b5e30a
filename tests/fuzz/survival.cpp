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
    constexpr std::size_t kMostAdded = 3;  // variables of a container, volumes of a Pod
    if (now.size() > old.size() + kMostAdded) {
        return false;
    }
    std::size_t found = 0;
    for (const auto each : now) {
        found += found < old.size() && survives(old[found], each) ? 1 : 0;
    }
    return found == old.size();
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
