#include "elector/config/help_section.h"

#include <fmt/format.h>

namespace elector::config {
namespace {

std::string headOf(const FlagSpec& spec) {
    const auto form = [&spec](std::string_view written, char separator) {
        return spec.isSwitch ? std::string(written)
                             : fmt::format("{}{}{}", written, separator, spec.placeholder);
    };
    std::string head = "  " + form(fmt::format("--{}", spec.name), '=');
    if (!spec.letter.empty()) {
        head += ", " + form(fmt::format("-{}", spec.letter), ' ');
    }
    return head;
}

std::string describe(const FlagSpec& spec) {
    std::string facts;
    if (!spec.environment.empty()) {
        facts = fmt::format("environment {}", spec.environment);
    }
    const std::string_view fallback = spec.fallback.empty() ? spec.shown : spec.fallback;
    if (!fallback.empty()) {
        const bool required = fallback == "required";
        facts +=
            fmt::format("{}{}{}", facts.empty() ? "" : "; ", required ? "" : "default ", fallback);
    }
    std::string text =
        fmt::format("{}{}\n", headOf(spec), facts.empty() ? "" : "   (" + facts + ")");
    text += "      ";
    for (const char c : spec.purpose) {
        text += c;
        text += c == '\n' ? "      " : "";
    }
    return text + "\n";
}

}  // namespace

std::string helpSection(std::string_view title, const std::vector<FlagSpec>& specs) {
    std::string text = fmt::format("\n{}:\n", title);
    for (const FlagSpec& spec : specs) {
        text += describe(spec);
    }
    return text;
}

}  // namespace elector::config
