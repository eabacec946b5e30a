#include "injector/leader/history.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "elector/runtime/json_text.h"
#include "elector/runtime/time_text.h"

namespace injector::leader {
namespace {

namespace json_text = elector::json_text;

constexpr std::string_view kBegan = " became leader";
constexpr std::string_view kEnded = " stopped leading";

}  // namespace

std::optional<Change> changeIn(std::string_view event) {
    std::string message = json_text::textAt(event, "message");
    const bool began = message.ends_with(kBegan);
    if (!began && !message.ends_with(kEnded)) {
        return std::nullopt;
    }
    const auto at = elector::runtime::parseRfc3339(json_text::textAt(event, "lastTimestamp"));
    if (!at) {
        return std::nullopt;
    }
    message.resize(message.size() - (began ? kBegan : kEnded).size());
    return Change{*at, std::move(message), began};
}

std::vector<Term> termsOf(const elector::election::Lease& lease, std::vector<Change> changes) {
    // Events have whole seconds: of one second, beginnings stand before ends.
    std::ranges::sort(changes, {}, [](const Change& change) {
        return std::tuple(change.at, !change.began, change.who);
    });
    std::vector<Term> terms;
    for (Change& change : changes) {
        const auto open = std::ranges::find_if(terms, [&](const Term& term) {
            return term.who == change.who && term.began && !term.ended;
        });
        if (change.began) {
            terms.push_back({std::move(change.who), change.at, std::nullopt, false});
        } else if (open != terms.end()) {
            open->ended = change.at;
        } else {
            terms.push_back({std::move(change.who), std::nullopt, change.at, false});
        }
    }
    const std::string holder = elector::election::shownHolder(lease.record);
    if (holder.empty()) {
        return terms;
    }
    const auto last = std::ranges::find_if(terms.rbegin(), terms.rend(), [&](const Term& term) {
        return term.who == holder && !term.ended;
    });
    if (last == terms.rend()) {
        terms.push_back({holder, lease.record.acquireTime, std::nullopt, false});
    } else {
        std::rotate(last.base() - 1, last.base(), terms.end());
    }
    terms.back().goesOn = true;
    return terms;
}

}  // namespace injector::leader
