#include "injector/admission/json_object.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "elector/runtime/escape.h"

namespace injector::admission {

JsonObject& JsonObject::add(std::string_view key, std::string_view value) {
    text_ += text_.size() == 1 ? "" : ",";
    text_ += elector::runtime::jsonString(key);
    text_ += ':';
    text_ += value;
    return *this;
}

JsonObject& JsonObject::addText(std::string_view key, std::string_view value) {
    return add(key, elector::runtime::jsonString(value));
}

JsonObject& JsonObject::addTextIfAny(std::string_view key, std::string_view value) {
    return value.empty() ? *this : addText(key, value);
}

std::string jsonArray(const std::vector<std::string>& elements) {
    return fmt::format("[{}]", fmt::join(elements, ","));
}

}  // namespace injector::admission
