#pragma once

#include <string_view>

#include "elector/kubernetes/json_scanner.h"

// The members of an object where nothing of them is to be copied. Of texts that isValid() accepted,
// as all of json_text.
namespace elector::kubernetes::json_text {

// Calls visit(rawKey, value) for each member in their order, where a raw key has its quotes.
template <typename Visit>
void forEachMember(std::string_view object, Visit visit) {
    Scanner scanner(object);
    scanner.skipBlanks();
    bool more = scanner.take('{');
    while (more) {
        scanner.skipBlanks();
        const auto keyBegin = scanner.position();
        if (!scanner.skipString()) {
            break;  // the object is empty
        }
        const auto rawKey = scanner.since(keyBegin);
        scanner.skipBlanks();
        scanner.take(':');
        scanner.skipBlanks();
        const auto valueBegin = scanner.position();
        if (!scanner.passValue()) {
            break;
        }
        visit(rawKey, scanner.since(valueBegin));
        scanner.skipBlanks();
        more = scanner.take(',');
    }
}

// Whether a raw key says `key`.
bool isKey(std::string_view rawKey, std::string_view key);

}  // namespace elector::kubernetes::json_text
