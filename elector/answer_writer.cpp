#include "elector/answer_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"

namespace elector {
namespace {

void appendTime(std::string& out, const std::optional<election::WallTime>& time) {
    if (time) {
        out += '"';
        out += runtime::formatMicroTime(*time);
        out += '"';
    } else {
        out += "null";
    }
}

}  // namespace

AnswerWriter::AnswerWriter(const StatusSource& source, const runtime::Clock& clock)
    : source_(source), clock_(clock) {}

const std::string& AnswerWriter::common(election::Answer answer) {
    answer.validFor = {};
    answer.validUntil = {};
    if (answer != written_) {
        write(answer);
        written_ = std::move(answer);
    }
    return text_;
}

void AnswerWriter::write(const election::Answer& answer) {
    text_ = R"({"leader":)";
    text_ += runtime::jsonString(answer.leader);
    text_ += R"(,"id":)";
    text_ += runtime::jsonString(source_.id());
    text_ += R"(,"isLeader":)";
    text_ += answer.isLeader ? "true" : "false";
    text_ += R"(,"lease":)";
    text_ += runtime::jsonString(source_.lease().text());
    text_ += R"(,"fencingToken":)";
    text_ += runtime::jsonString(answer.fencingToken);
    text_ += R"(,"leaseUID":)";
    text_ += runtime::jsonString(answer.leaseUid);
    fmt::format_to(std::back_inserter(text_), R"(,"transitions":{},"acquireTime":)",
                   answer.transitions);
    appendTime(text_, answer.acquireTime);
    text_ += R"(,"renewTime":)";
    appendTime(text_, answer.renewTime);
    if (answer.leadsForLife) {
        text_ += R"(,"leadsForLife":true)";
    }
    if (answer.degraded) {
        text_ += R"(,"degraded":true)";
    }
    if (!answer.trouble.empty()) {
        text_ += R"(,"trouble":)";
        text_ += runtime::jsonString(answer.trouble);
    }
    fmt::format_to(std::back_inserter(text_), R"(,"seq":{},"reason":"{}")", answer.seq,
                   toString(answer.reason));
}

void AnswerWriter::appendDeadlines(std::string& text, const election::Answer& answer) const {
    const runtime::Duration boot = answer.validUntil.time_since_epoch();
    const runtime::Duration monotonic = answer.isLeader ? boot - clock_.suspended() : boot;
    text += R"(,"validUntilMonotonicMs":)";
    text += fmt::format_int(runtime::milliseconds(monotonic)).c_str();
    text += R"(,"validUntilBoottimeMs":)";
    text += fmt::format_int(runtime::milliseconds(boot)).c_str();
    text += '}';
}

election::Answer answerOf(const election::Standing& standing, const StatusSource& source,
                          const runtime::Clock& clock) {
    const election::Answer now = source.answer();
    return now.seq == standing.seq ? now : answerAt(standing, source.id(), clock.moment());
}

}  // namespace elector
