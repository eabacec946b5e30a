#include "elector/http/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "elector/http/head.h"

namespace elector::http {
namespace {

bool isName(std::string_view text, bool colons) {
    return !text.empty() && !isDigit(text.front()) && std::ranges::all_of(text, [colons](char c) {
        return isAlphanumeric(c) || c == '_' || (colons && c == ':');
    });
}

void appendEscaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

std::string number(double value) {
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    return std::isnan(value) ? "NaN" : fmt::format("{}", value);
}

const char* typeName(MetricFamily::Kind kind) {
    switch (kind) {
        case MetricFamily::Kind::Counter:
            return "counter";
        case MetricFamily::Kind::Gauge:
            return "gauge";
        case MetricFamily::Kind::Histogram:
            return "histogram";
    }
    return "untyped";
}

}  // namespace

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

MetricFamily& Metrics::counter(const std::string& name, const std::string& help,
                               std::vector<std::string> labels) {
    return add(name, std::make_unique<MetricFamily>(MetricFamily::Description{
                         MetricFamily::Kind::Counter, name, help, std::move(labels), {}}));
}

MetricFamily& Metrics::gauge(const std::string& name, const std::string& help,
                             std::vector<std::string> labels) {
    return add(name, std::make_unique<MetricFamily>(MetricFamily::Description{
                         MetricFamily::Kind::Gauge, name, help, std::move(labels), {}}));
}

MetricFamily& Metrics::histogram(const std::string& name, const std::string& help,
                                 std::vector<double> bounds, std::vector<std::string> labels) {
    return add(name, std::make_unique<MetricFamily>(
                         MetricFamily::Description{MetricFamily::Kind::Histogram, name, help,
                                                   std::move(labels), std::move(bounds)}));
}

MetricFamily& Metrics::add(const std::string& name, std::unique_ptr<MetricFamily> family) {
    const std::lock_guard lock(mutex_);
    const auto [place, isNew] = families_.try_emplace(name, std::move(family));
    if (!isNew && place->second->description() != family->description()) {
        throw std::logic_error(fmt::format("there are two metrics named {}", name));
    }
    return *place->second;
}

std::string Metrics::text() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [name, family] : families_) {
        family->appendText(out);
    }
    return out;
}

MetricFamily::MetricFamily(Description description) : description_(std::move(description)) {
    const std::vector<std::string>& labels = description_.labels;
    if (!isName(description_.name, true) ||
        !std::ranges::all_of(labels,
                             [](const std::string& label) { return isName(label, false); })) {
        throw std::logic_error(fmt::format("{} is no proper metric", description_.name));
    }
    if (labels.empty()) {
        series({});
    }
}

MetricFamily::Series& MetricFamily::series(const Values& labels) {
    if (labels.size() != description_.labels.size()) {
        throw std::logic_error(fmt::format("{} has {} labels, not {}", description_.name,
                                           description_.labels.size(), labels.size()));
    }
    const auto [place, isNew] = series_.try_emplace(labels);
    if (isNew && description_.kind == Kind::Histogram) {
        place->second.buckets.resize(description_.bounds.size() + 1);
    }
    return place->second;
}

void MetricFamily::add(const Values& labels, double amount) {
    const std::lock_guard lock(mutex_);
    series(labels).value += amount;
}

void MetricFamily::set(const Values& labels, double value) {
    const std::lock_guard lock(mutex_);
    series(labels).value = value;
}

void MetricFamily::observe(const Values& labels, double value) {
    const std::lock_guard lock(mutex_);
    Series& observed = series(labels);
    observed.value += value;
    const std::vector<double>& bounds = description_.bounds;
    const auto bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();
    ++observed.buckets.at(static_cast<std::size_t>(bucket));
}

void MetricFamily::appendText(std::string& out) const {
    const std::lock_guard lock(mutex_);
    fmt::format_to(std::back_inserter(out), "# HELP {} ", description_.name);
    appendEscaped(out, description_.help, false);
    fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", description_.name,
                   typeName(description_.kind));
    for (const auto& [labels, series] : series_) {
        appendSeries(out, labels, series);
    }
}

void MetricFamily::appendSeries(std::string& out, const Values& labels,
                                const Series& series) const {
    if (description_.kind == Kind::Histogram) {
        appendHistogram(out, labels, series);
        return;
    }
    fmt::format_to(std::back_inserter(out), "{}{} {}\n", description_.name, labelText(labels, ""),
                   number(series.value));
}

void MetricFamily::appendHistogram(std::string& out, const Values& labels,
                                   const Series& series) const {
    std::uint64_t below = 0;  // buckets are cumulative
    for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        below += series.buckets[i];
        const bool last = i == description_.bounds.size();
        const std::string bound = last ? "+Inf" : number(description_.bounds[i]);
        fmt::format_to(std::back_inserter(out), "{}_bucket{} {}\n", description_.name,
                       labelText(labels, bound), below);
    }
    fmt::format_to(std::back_inserter(out), "{0}_sum{1} {2}\n{0}_count{1} {3}\n", description_.name,
                   labelText(labels, ""), number(series.value), below);
}

std::string MetricFamily::labelText(const Values& labels, const std::string& bound) const {
    std::string text;
    const auto append = [&text](const std::string& name, const std::string& value) {
        text += (text.empty() ? "{" : ",") + name + "=\"";
        appendEscaped(text, value, true);
        text += '"';
    };
    for (std::size_t i = 0; i < labels.size(); ++i) {
        append(description_.labels[i], labels[i]);
    }
    if (!bound.empty()) {
        append("le", bound);
    }
    return text.empty() ? text : text + "}";
}

}  // namespace elector::http
