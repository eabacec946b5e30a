#include "injector/offline/document.h"

#include <algorithm>
#include <utility>

#include "elector/kubernetes/json_text.h"

namespace injector::offline {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\ufeff";

// The line at the front, with its end.
std::string_view firstLine(std::string_view text) {
    return text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

// True for `line` with `marker` and nothing or a blank behind it.
bool isMarker(std::string_view line, std::string_view marker) {
    return line.starts_with(marker) &&
           (line.size() == marker.size() ||
            kBlanks.find(line[marker.size()]) != std::string_view::npos);
}

// True where a line says nothing: blank, or a comment.
bool isSilent(std::string_view line) {
    const auto begin = line.find_first_not_of(kBlanks);
    return begin == std::string_view::npos || line[begin] == '#';
}

std::size_t linesIn(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The length of what stands before the content of `chunk`.
std::size_t leadOf(std::string_view chunk) {
    std::size_t length = chunk.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    bool mayBeMarker = true;
    while (length < chunk.size()) {
        const auto line = firstLine(chunk.substr(length));
        if (mayBeMarker && isMarker(line, "---")) {
            mayBeMarker = false;
            if (!isSilent(line.substr(3))) {
                // The content begins behind the marker.
                return length + line.find_first_not_of(" \t", 3);
            }
        } else if (!isSilent(line)) {
            return length;
        }
        length += line.size();
    }
    return length;
}

// The length of what stands behind the content of `chunk`: lines of comments from the first column,
// and the marker of an end. Blank lines before them are left to the content, where they may count.
std::size_t tailOf(std::string_view chunk) {
    std::size_t tail = 0;
    std::size_t length = 0;  // with the blank lines before
    while (length < chunk.size()) {
        auto before = chunk.substr(0, chunk.size() - length);
        before.remove_suffix(before.ends_with('\n') ? 1 : 0);
        const auto newline = before.rfind('\n');
        const auto begin = newline == std::string_view::npos ? 0 : newline + 1;
        const auto line = chunk.substr(begin, chunk.size() - length - begin);
        const bool isSpoken = line.starts_with('#') || isMarker(line, "...");
        if (!isSpoken && line.find_first_not_of(kBlanks) != std::string_view::npos) {
            break;
        }
        length += line.size();
        tail = isSpoken ? length : tail;
    }
    return tail;
}

// Splits content that is nothing but JSON objects, with blanks between them.
bool addJson(std::string_view content, const Document& whole, std::vector<Document>& documents) {
    elector::kubernetes::json_text::Scanner scanner(content);
    std::vector<std::pair<std::size_t, std::size_t>> values;
    for (scanner.skipBlanks(); !scanner.atEnd(); scanner.skipBlanks()) {
        const auto begin = scanner.position();
        if (content[begin] != '{' || !scanner.skipValue()) {
            return false;
        }
        values.emplace_back(begin, scanner.position());
    }
    std::size_t done = 0;
    std::size_t line = whole.line;  // at `counted`
    std::size_t counted = 0;
    for (const auto& [begin, end] : values) {
        const bool isFirst = done == 0;
        const bool isLast = end == values.back().second;
        Document document = whole;
        document.isJson = true;
        document.lead = isFirst ? whole.lead : content.substr(done, begin - done);
        document.content = content.substr(begin, end - begin);
        line += linesIn(content.substr(counted, begin - counted));
        counted = begin;
        document.line = line;
        document.tail = isLast ? std::string_view(content.data() + end,
                                                  content.size() - end + whole.tail.size())
                               : std::string_view(content.data() + end, 0);
        documents.push_back(document);
        done = end;
    }
    return !values.empty();
}

void addChunk(std::string_view chunk, std::size_t line, std::vector<Document>& documents) {
    Document document;
    const auto lead = leadOf(chunk);
    const auto tail = tailOf(chunk.substr(lead));
    document.lead = chunk.substr(0, lead);
    document.content = chunk.substr(lead, chunk.size() - lead - tail);
    document.tail = chunk.substr(chunk.size() - tail);
    document.line = line + linesIn(document.lead);
    if (!document.content.starts_with('{') || !addJson(document.content, document, documents)) {
        documents.push_back(document);
    }
}

}  // namespace

std::vector<Document> splitDocuments(std::string_view text) {
    std::vector<Document> documents;
    std::size_t begin = 0;  // of the chunk
    std::size_t at = 0;
    std::size_t line = 1;         // at `at`
    std::size_t firstLineNo = 1;  // of the chunk
    const auto finish = [&] {
        if (at > begin) {
            addChunk(text.substr(begin, at - begin), firstLineNo, documents);
        }
        begin = at;
        firstLineNo = line;
    };
    while (at < text.size()) {
        const auto next = firstLine(text.substr(at));
        if (isMarker(next, "---")) {
            finish();
        }
        at += next.size();
        ++line;
        if (isMarker(next, "...")) {
            finish();
        }
    }
    finish();
    return documents;
}

}  // namespace injector::offline
