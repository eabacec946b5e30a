#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/support/lease_table.h"

namespace elector::test {

// The texts that the fake API server sends.

// A whole answer with a Content-Length.
std::string wholeAnswer(int status, std::string_view body,
                        std::optional<int> retryAfter = std::nullopt);

// The head of an answer in chunks.
std::string chunkedHead();
std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// A v1.Status, as the body of a refusal.
std::string statusObject(int code, std::string_view reason, std::string_view message);

// A coordination.k8s.io/v1 LeaseList. As in the real one, the items name neither kind nor version.
std::string leaseList(const LeaseTable::Listed& listed);

// Lines of a watch.
std::string eventLine(const TableEvent& event);
std::string bookmarkLine(std::int64_t revision);
std::string expiredLine();  // an ERROR event of status 410

}  // namespace elector::test
