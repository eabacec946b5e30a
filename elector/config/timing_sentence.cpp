#include "elector/config/timing_sentence.h"

#include <fmt/format.h>

#include "elector/runtime/duration.h"

namespace elector::config {

using election::TimingField;

TimingFlag flagOf(TimingField field, const election::Timing& timing) {
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

std::string sentenceOf(const election::TimingFault& fault, const election::Timing& timing,
                       const Settings& settings) {
    const auto [name, value] = flagOf(fault.field, timing);
    const Setting* setting = settings.find(name);
    const std::string subject = setting == nullptr ? fmt::format("--{} \"{}\" (the default)", name,
                                                                 runtime::formatDuration(value))
                                                   : setting->subject;
    return subject + " " + fault.reason;
}

}  // namespace elector::config
