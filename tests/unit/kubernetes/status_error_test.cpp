#include "elector/kubernetes/status_error.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elector::kubernetes {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string statusObject(int code, std::string_view message) {
    return fmt::format(R"({{"kind":"Status","code":{},"message":"{}"}})", code, message);
}

TEST(StatusErrorTest, MapsEveryNumberToWhatItMeansForTheElection) {
    const std::pair<int, ErrorKind> kTable[] = {
        {301, ErrorKind::Malformed}, {400, ErrorKind::Invalid},  {401, ErrorKind::Unauthorized},
        {403, ErrorKind::Forbidden}, {404, ErrorKind::NotFound}, {405, ErrorKind::Invalid},
        {408, ErrorKind::TimedOut},  {409, ErrorKind::Conflict}, {410, ErrorKind::Gone},
        {413, ErrorKind::Invalid},   {422, ErrorKind::Invalid},  {429, ErrorKind::Throttled},
        {500, ErrorKind::Server},    {503, ErrorKind::Server},   {504, ErrorKind::Server}};
    for (const auto& [status, kind] : kTable) {
        const auto error =
            statusError(status, std::chrono::seconds(3), statusObject(status, "why"), "PUT /x");
        EXPECT_EQ(error.kind, kind) << status;
        EXPECT_EQ(error.httpStatus, status);
        EXPECT_EQ(error.retryAfter, std::chrono::seconds(3));
        EXPECT_THAT(error.message, HasSubstr(fmt::format("answered {} to PUT /x: why", status)));
    }
}

TEST(StatusErrorTest, DoesNotTakeThe404OfAnotherServerForAMissingLease) {
    EXPECT_EQ(statusError(404, std::nullopt, "404 page not found", "GET /x").kind,
              ErrorKind::Malformed);
    EXPECT_EQ(statusError(404, std::nullopt, "{}", "GET /x").kind, ErrorKind::Malformed);
}

TEST(StatusErrorTest, EscapesAndCutsForeignText) {
    const auto error =
        statusError(500, std::nullopt, "<html>\r\n\x1b[31m" + std::string(100'000, 'x'), "GET /x");
    EXPECT_LT(error.message.size(), 1000U);
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    EXPECT_THAT(error.message, Not(HasSubstr("\x1b")));
}

TEST(StatusErrorTest, ReadsTheErrorEventOfAWatch) {
    EXPECT_EQ(eventError(statusObject(410, "too old resource version")).kind, ErrorKind::Gone);
    EXPECT_THAT(eventError(statusObject(410, "too old")).message, HasSubstr("too old"));
    EXPECT_EQ(eventError(statusObject(500, "boom")).kind, ErrorKind::Server);
    EXPECT_EQ(eventError("{}").kind, ErrorKind::Malformed);
    EXPECT_EQ(eventError("[1]").kind, ErrorKind::Malformed);
    EXPECT_EQ(eventError(R"({"code":"410"})").kind, ErrorKind::Malformed);
}

}  // namespace
}  // namespace elector::kubernetes
