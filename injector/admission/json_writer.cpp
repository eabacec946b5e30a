#include "injector/admission/json_writer.h"

#include <utility>

#include "elector/runtime/escape.h"

namespace injector::admission {

// ----------------------------------------------------------------------------------- json object

JsonObject::JsonObject() {
    // Most are no longer: a patch is put together in two thirds of the time.
    constexpr std::size_t kUsualBytes = 256;
    text_.reserve(kUsualBytes);
    text_ += '{';
}

JsonObject& JsonObject::add(Key key, std::string_view value) {
    addKey(key);
    text_ += value;
    return *this;
}

JsonObject& JsonObject::addText(Key key, std::string_view value) {
    addKey(key);
    elector::runtime::appendJsonString(text_, value);
    return *this;
}

JsonObject& JsonObject::addTextIfAny(Key key, std::string_view value) {
    return value.empty() ? *this : addText(key, value);
}

std::string JsonObject::text() {
    text_ += '}';
    return std::move(text_);
}

void JsonObject::addKey(Key key) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_ += key.text();
    text_ += "\":";
}

std::string jsonArray(const std::vector<std::string>& elements) {
    std::string text = "[";
    for (const std::string& element : elements) {
        text += text.size() == 1 ? "" : ",";
        text += element;
    }
    text += ']';
    return text;
}

// ------------------------------------------------------------------------------------ json patch

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
