#include "elector/config/timing.h"

#include "elector/runtime/time_text.h"

namespace elector::config {

namespace {

using election::Duration;
using election::TimingFault;
using election::TimingField;

struct Part {
    std::string_view option;
    Duration value;
};

Part partOf(TimingField field, const election::Timing& timing) {
    switch (field) {
        case TimingField::LeaseDuration:
            return {"lease-duration", timing.leaseDuration};
        case TimingField::RenewDeadline:
            return {"lease-renew-duration", timing.renewDeadline};
        case TimingField::RetryPeriod:
            break;
    }
    return {"retry-period", timing.retryPeriod};
}

}  // namespace

TimingJudgement judgeTiming(const OptionValues& given) {
    TimingJudgement judgement;
    election::Timing& timing = judgement.timing;
    const auto choose = [&](TimingField field, Duration own) {
        return runtime::parseDuration(given[partOf(field, timing).option]).value_or(own);
    };
    timing.leaseDuration = choose(TimingField::LeaseDuration, timing.leaseDuration);
    timing.renewDeadline = choose(TimingField::RenewDeadline, timing.renewDeadline);
    timing.retryPeriod =
        choose(TimingField::RetryPeriod, election::defaultRetryPeriod(timing.renewDeadline));
    const auto findings = [&](const std::vector<TimingFault>& faults) {
        std::vector<TimingFinding> found;
        for (const TimingFault& fault : faults) {
            const auto [option, value] = partOf(fault.field, timing);
            const std::string& text = given[option];
            found.push_back(
                {option, text.empty() ? runtime::formatDuration(value) : text, fault.reason});
        }
        return found;
    };
    const election::TimingReview review = election::review(timing);
    judgement.refusals = findings(review.refusals);
    judgement.warnings = findings(review.warnings);
    return judgement;
}

}  // namespace elector::config
