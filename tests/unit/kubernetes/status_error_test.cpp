#include "elector/kubernetes/client.h"

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
        {301, ErrorKind::Malformed}, {400, ErrorKind::Refused},  {401, ErrorKind::Unauthorized},
        {403, ErrorKind::Forbidden}, {404, ErrorKind::NotFound}, {405, ErrorKind::Refused},
        {408, ErrorKind::TimedOut},  {409, ErrorKind::Conflict}, {410, ErrorKind::Gone},
        {413, ErrorKind::Refused},   {422, ErrorKind::Refused},  {429, ErrorKind::Throttled},
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

// As API servers and admission policies send them.
TEST(StatusErrorTest, TellsTheLosersOfRacingCreationsFromWhatAnAdmissionPolicyRefuses) {
    const std::string missing =
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update";
    const std::string field = R"("field":"metadata.resourceVersion")";
    const auto answer = [](const std::string& message, const std::string& causes) {
        return fmt::format(R"({{"kind":"Status","status":"Failure","reason":"Invalid","code":422,)"
                           R"("message":"{}"{}}})",
                           message, causes);
    };
    const auto cause = [](const std::string& members) {
        return R"(,"details":{"name":"web","causes":[)" + members + "]}";
    };
    const std::pair<std::string, ErrorKind> kTable[] = {
        {answer("leases.coordination.k8s.io \\\"web\\\" is invalid: " + missing,
                cause(R"({"reason":"FieldValueInvalid","message":"Invalid value: 0: must be )"
                      R"(specified for an update",)" +
                      field + "}")),
         ErrorKind::Invalid},
        {answer("leases.coordination.k8s.io \\\"web\\\" is invalid: " + missing, ""),
         ErrorKind::Invalid},
        {answer("leases.coordination.k8s.io \\\"web\\\" is invalid: " + missing,
                R"(,"details":{"name":"web"})"),
         ErrorKind::Invalid},
        {answer("leases.coordination.k8s.io \\\"web\\\" is forbidden: ValidatingAdmissionPolicy "
                "'labels' with binding 'labels' denied request: leases need a label",
                cause(R"({"message":"ValidatingAdmissionPolicy 'labels' with binding 'labels' )"
                      R"(denied request: leases need a label"})")),
         ErrorKind::Refused},
        {answer("spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                cause(R"({"reason":"FieldValueInvalid","message":"must be greater than 0",)"
                      R"("field":"spec.leaseDurationSeconds"})")),
         ErrorKind::Refused},
        {answer("a policy that says: " + missing, cause(R"({"message":"of a policy"})")),
         ErrorKind::Refused},
        {answer("no", ""), ErrorKind::Refused},
        {"<html>422 metadata.resourceVersion must be specified for an update</html>",
         ErrorKind::Refused},
        {R"({"kind":"Status","code":422,"details":{"causes":"x"}})", ErrorKind::Refused},
        {R"({"kind":"Status","code":422,"details":{"causes":[1,null]}})", ErrorKind::Refused},
    };
    for (const auto& [body, kind] : kTable) {
        EXPECT_EQ(statusError(422, std::nullopt, body, "PUT /x").kind, kind) << body;
    }
}

TEST(StatusErrorTest, KeepsTheServersSentenceAsItIs) {
    EXPECT_THAT(statusError(403, std::nullopt, statusObject(403, R"(leases \"web\" is\nforbidden)"),
                            "PUT https://a:1/x")
                    .message,
                testing::EndsWith(R"(403 to PUT https://a:1/x: leases "web" is forbidden)"));
    EXPECT_THAT(statusError(413, std::nullopt, " \r\n", "PUT https://a:1/x").message,
                testing::EndsWith("answered 413 to PUT https://a:1/x"));
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
