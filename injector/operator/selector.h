#pragma once

#include <map>
#include <string>
#include <string_view>

namespace injector::operators {

using Labels = std::map<std::string, std::string>;

// The labels of an object, JSON; what is no text among them is left out.
Labels labelsOf(std::string_view object);

// Whether a LabelSelector (apimachinery, metav1), JSON, matches these labels. An empty or missing
// one matches all; one with an operator that is none matches nothing.
bool selects(std::string_view selector, const Labels& labels);

}  // namespace injector::operators
