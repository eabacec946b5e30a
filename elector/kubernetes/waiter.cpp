#include "elector/kubernetes/waiter.h"

namespace elector::kubernetes {

void Waiter::begin(const Limits& limits) {
    onStop_.reset();
    wake_.clear();
    wake_.setAlarm(limits.deadline == Instant::max() ? std::nullopt
                                                     : std::optional(limits.deadline));
    onStop_.emplace(limits.stop, [this] { wake_.wake(); });
}

}  // namespace elector::kubernetes
