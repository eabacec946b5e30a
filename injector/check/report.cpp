#include "injector/check/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"

namespace injector::check {

namespace {

using elector::runtime::jsonString;

constexpr std::size_t kMaxCell = 253;  // of a name

std::string_view mark(Weight weight) {
    switch (weight) {
        case Weight::Well:
            return "ok";
        case Weight::Note:
            return "note";
        case Weight::Problem:
            return "problem";
    }
    return "";
}

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

Row rowOf(const PodLine& pod) {
    Row row{pod.space, pod.name, pod.workload, pod.lease, pod.state, pod.version, pod.image};
    for (auto& cell : row) {
        cell = cell.empty() ? "-" : elector::runtime::quoted(cell, kMaxCell);
    }
    return row;
}

std::string table(const std::vector<PodLine>& pods) {
    std::vector<Row> rows{{"NAMESPACE", "POD", "WORKLOAD", "LEASE", "STATE", "VERSION", "IMAGE"}};
    std::ranges::transform(pods, std::back_inserter(rows), rowOf);
    Row::size_type column = 0;
    std::array<std::size_t, kColumns> widths{};
    for (auto& width : widths) {
        for (const auto& row : rows) {
            width = std::max(width, row[column].size());
        }
        ++column;
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line = "  ";
        for (column = 0; column < kColumns; ++column) {
            line += fmt::format("{:<{}}  ", row[column], widths[column]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string member(std::string_view name, const std::string& value) {
    return fmt::format("{}:{}", jsonString(name), jsonString(value));
}

std::string findingJson(const Finding& finding) {
    return fmt::format("{{{},{},{}}}", member("weight", std::string(mark(finding.weight))),
                       member("topic", finding.topic), member("sentence", finding.sentence));
}

std::string podJson(const PodLine& pod) {
    return fmt::format("{{{},{},{},{},{},{},{},{},{}}}", member("namespace", pod.space),
                       member("name", pod.name), member("workload", pod.workload),
                       member("lease", pod.lease), member("state", pod.state),
                       member("version", pod.version), member("image", pod.image),
                       member("phase", pod.phase), member("reason", pod.reason));
}

template <typename Item, typename Write>
std::string arrayOf(const std::vector<Item>& items, Write write) {
    std::string text;
    for (const auto& item : items) {
        text += (text.empty() ? "" : ",") + write(item);
    }
    return "[" + text + "]";
}

}  // namespace

std::string inWords(const Report& report) {
    std::string text = fmt::format("{}: {}\n", report.subject, report.headline);
    std::size_t width = 0;
    for (const auto& finding : report.findings) {
        width = std::max(width, finding.topic.size());
    }
    for (const auto& finding : report.findings) {
        text += fmt::format("  {:<7}  {:<{}}  {}\n", mark(finding.weight), finding.topic, width,
                            finding.sentence);
    }
    return text + (report.pods.empty() ? "" : table(report.pods));
}

std::string asJson(const Report& report) {
    return fmt::format("{{{},{},\"well\":{},{},{},\"findings\":{},\"pods\":{}}}\n",
                       member("subject", report.subject), member("headline", report.headline),
                       report.isWell, member("verdict", report.verdict),
                       member("lease", report.lease), arrayOf(report.findings, findingJson),
                       arrayOf(report.pods, podJson));
}

}  // namespace injector::check
