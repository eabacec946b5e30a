#pragma once

#include <string_view>

#include "elector/kubernetes/json_scanner.h"

// The members of an object and the elements of an array where nothing of them is to be copied or
// collected. Of texts that isValid() accepted, as all of json_text.
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

// Calls visit(element) for each element of an array in their order, until it returns false.
template <typename Visit>
void forEachElement(std::string_view array, Visit visit) {
    Scanner scanner(array);
    scanner.skipBlanks();
    bool more = scanner.take('[');
    while (more) {
        scanner.skipBlanks();
        const auto begin = scanner.position();
        if (!scanner.passValue()) {
            break;  // the array is empty
        }
        more = visit(scanner.since(begin));
        scanner.skipBlanks();
        more = more && scanner.take(',');
    }
}

// Whether a raw key says `key`.
bool isKey(std::string_view rawKey, std::string_view key);

}  // namespace elector::kubernetes::json_text
