#include "tests/simulation/forger.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "elector/names.h"
#include "tests/simulation/drifting_clock.h"

namespace elector::simulation {
namespace {

using election::LeaseRecord;
using std::chrono::seconds;

}  // namespace

LeaseRecord Forger::record() const {
    const std::optional<election::Lease> present = api_.read();
    LeaseRecord record = present ? present->record : LeaseRecord{};
    // Not by one microsecond: that may be the renewTime of a write which its holder has sent and
    // lost, and the forgery would prove to have landed what did not.
    record.renewTime = record.renewTime.value_or(kStartOfRun) +
                       std::chrono::microseconds(random_.between(1'000, 1'000'000));
    record.acquireTime = record.renewTime;
    const auto most = std::chrono::duration_cast<seconds>(longestLease_).count();
    const Victim& victim = random_.pick(victims_);
    switch (random_.between(0, 8)) {
        case 0:  // another holds it
            record.holder = random_.chance(500) ? victim.id : "mallory";
            record.duration = seconds(random_.between(1, most));
            break;
        case 1:  // it was released
            record.holder.clear();
            record.session.clear();
            record.duration = seconds(1);
            break;
        case 2:  // it was made anew
            record.holder = names::kVacantHolder;
            record.session.clear();
            record.duration = seconds(random_.between(1, most));
            break;
        case 3:  // nobody holds it, and nothing else is known
            record = LeaseRecord{};
            break;
        case 4:  // a process of the same Pod held it
            record.holder = victim.id;
            record.session = victim.podUid + "/forged";
            record.duration = seconds(random_.between(1, most));
            break;
        case 5:
            return earlier(record);
        case 6:
            spoilTimes(record);
            break;
        case 7:
            record.duration = random_.pick(std::vector<std::optional<seconds>>{
                std::nullopt, seconds(0), seconds(-5), seconds(1)});
            break;
        default:
            record.transitions = std::numeric_limits<std::int32_t>::max();
            break;
    }
    return record;
}

LeaseRecord Forger::earlier(const LeaseRecord& otherwise) const {
    const ApiModel::Change& change =
        api_.changes().empty() ? nullptr : random_.pick(api_.changes());
    return change ? change->record : otherwise;
}

void Forger::spoilTimes(LeaseRecord& record) const {
    using std::chrono::sys_days;
    using std::chrono::year;
    const std::vector<std::optional<election::WallTime>> times{
        std::nullopt, election::WallTime{}, election::WallTime(sys_days{year{9999} / 12 / 31})};
    record.renewTime = random_.pick(times);
    if (random_.chance(500)) {
        record.acquireTime = random_.pick(times);
    }
}

}  // namespace elector::simulation
