#include "injector/operator/selector.h"

#include <algorithm>
#include <vector>

#include "elector/runtime/json_text.h"

namespace injector::operators {

namespace {

namespace json_text = elector::json_text;

bool holds(std::string_view requirement, const Labels& labels) {
    const auto label = labels.find(json_text::textAt(requirement, "key"));
    const bool exists = label != labels.end();
    const auto values =
        json_text::elementsOf(json_text::member(requirement, "values").value_or(""));
    const bool isAmong = exists && std::ranges::any_of(values, [&](std::string_view value) {
                             return json_text::stringIn(value) == label->second;
                         });
    const auto relation = json_text::textAt(requirement, "operator");
    if (relation == "In") {
        return isAmong;
    }
    if (relation == "NotIn") {
        return !isAmong;  // what lacks the label is not in the list either
    }
    if (relation == "Exists") {
        return exists;
    }
    return relation == "DoesNotExist" && !exists;
}

}  // namespace

Labels labelsOf(std::string_view object) {
    Labels labels;
    const auto metadata = json_text::member(object, "metadata").value_or("");
    for (const auto& each :
         json_text::membersOf(json_text::member(metadata, "labels").value_or(""))) {
        if (const auto value = json_text::stringIn(each.value)) {
            labels.insert_or_assign(each.key, *value);
        }
    }
    return labels;
}

bool selects(std::string_view selector, const Labels& labels) {
    const auto wanted =
        json_text::membersOf(json_text::member(selector, "matchLabels").value_or(""));
    const auto requirements =
        json_text::elementsOf(json_text::member(selector, "matchExpressions").value_or(""));
    return std::ranges::all_of(wanted,
                               [&](const json_text::Member& each) {
                                   const auto label = labels.find(each.key);
                                   return label != labels.end() &&
                                          json_text::stringIn(each.value) == label->second;
                               }) &&
           std::ranges::all_of(requirements, [&](std::string_view requirement) {
               return holds(requirement, labels);
           });
}

}  // namespace injector::operators
