#include "elector/config/flag.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>

#include "elector/config/invocation.h"
#include "elector/runtime/log.h"

namespace elector::config {

namespace {

// An argument that is a flag: "--name=value" taken apart.
struct Parts {
    std::string dashes;
    std::string name;
    std::optional<std::string> value;

    std::string written() const { return dashes + name; }
};

// Nothing for what is no flag: a lone dash is none, as in Go.
std::optional<Parts> partsOf(const std::string& argument) {
    if (argument.size() < 2 || argument.front() != '-') {
        return std::nullopt;
    }
    const std::size_t dashes = argument[1] == '-' ? 2 : 1;
    const std::size_t equals = std::min(argument.find('='), argument.size());
    Parts parts{argument.substr(0, dashes), argument.substr(dashes, equals - dashes), {}};
    if (equals < argument.size()) {
        parts.value = argument.substr(equals + 1);
    }
    return parts;
}

const FlagSpec* specFor(const Parts& parts, const std::vector<FlagSpec>& specs) {
    for (const FlagSpec& spec : specs) {
        const bool isLetter = parts.dashes.size() == 1 && parts.name == spec.letter;
        if (parts.name == spec.name || (isLetter && !spec.letter.empty())) {
            return &spec;
        }
    }
    return nullptr;
}

[[noreturn]] void refuseUnknown(const Parts& parts, const std::vector<FlagSpec>& specs) {
    std::vector<std::string_view> names{"help", "version"};
    for (const FlagSpec& spec : specs) {
        names.push_back(spec.name);
    }
    throw Refusal(fmt::format("unknown flag {}{}: --help lists those that there are",
                              runtime::quoted(parts.written()),
                              suggestion(parts.name, names, "--")));
}

// Sets help or version if `parts` asks for one of them.
bool takeQuestion(const Parts& parts, Scan& result) {
    const bool help = parts.name == "help" || (parts.name == "h" && parts.dashes.size() == 1);
    const bool version = parts.name == "version";
    if (!help && !version) {
        return false;
    }
    if (parts.value) {
        throw Refusal(fmt::format("{} \"{}\" is refused: it takes no value", parts.written(),
                                  runtime::quoted(*parts.value)));
    }
    result.help = result.help || help;
    result.version = result.version || version;
    return true;
}

// How many letters must be put in, taken out or exchanged to turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({exchanged, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion(std::string_view written, const std::vector<std::string_view>& names,
                       std::string_view prefix) {
    // Longer than any name of ours by more than the allowance: no need to compare it.
    constexpr std::size_t kMaxCharacters = 40;
    if (written.empty() || written.size() > kMaxCharacters) {
        return "";
    }
    std::string_view nearest;
    std::size_t least = 1 + std::min<std::size_t>(2, written.size() / 3);
    for (const std::string_view name : names) {
        const std::size_t far = distance(written, name);
        if (far < least) {
            least = far;
            nearest = name;
        }
    }
    return nearest.empty() ? "" : fmt::format(" (did you mean {}{}?)", prefix, nearest);
}

Scan scan(const std::vector<std::string>& arguments, const std::vector<FlagSpec>& specs) {
    Scan result;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") {
            result.rest.insert(result.rest.end(),
                               arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                               arguments.end());
            break;
        }
        auto parts = partsOf(arguments[i]);
        if (!parts) {
            result.rest.push_back(arguments[i]);
            continue;
        }
        if (takeQuestion(*parts, result)) {
            continue;
        }
        const FlagSpec* spec = specFor(*parts, specs);
        if (spec == nullptr) {
            refuseUnknown(*parts, specs);
        }
        if (!parts->value && spec->isSwitch) {
            parts->value = "true";
        }
        if (!parts->value && i + 1 == arguments.size()) {
            throw Refusal(fmt::format("{} needs a value: write {}={}", parts->written(),
                                      parts->written(), spec->placeholder));
        }
        const std::string value = parts->value ? *parts->value : arguments[++i];
        result.flags[spec->name] = {parts->written(), value};
    }
    return result;
}

}  // namespace elector::config
