#include "injector/admission/json_patch.h"

#include "injector/admission/json_object.h"

namespace injector::admission {

std::string pointerPart(std::string_view key) {
    std::string part;
    for (const char c : key) {
        if (c == '~') {
            part += "~0";
        } else if (c == '/') {
            part += "~1";
        } else {
            part += c;
        }
    }
    return part;
}

JsonPatch& JsonPatch::add(std::string_view path, std::string_view value) {
    append("add", path, value);
    return *this;
}

JsonPatch& JsonPatch::test(std::string_view path, std::string_view value) {
    append("test", path, value);
    return *this;
}

std::string JsonPatch::text() const {
    return jsonArray(operations_);
}

void JsonPatch::append(std::string_view operation, std::string_view path, std::string_view value) {
    operations_.push_back(
        JsonObject().addText("op", operation).addText("path", path).add("value", value).text());
}

}  // namespace injector::admission
