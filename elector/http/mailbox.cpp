#include "elector/http/mailbox.h"

#include <utility>

namespace elector::http {

bool Mailbox::post(Function function) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return false;
        }
        functions_.push_back(std::move(function));
    }
    wake_.wake();
    return true;
}

std::vector<Mailbox::Function> Mailbox::take() {
    wake_.clear();  // before the taking: what is posted in between wakes again
    const std::lock_guard lock(mutex_);
    return std::exchange(functions_, {});
}

std::vector<Mailbox::Function> Mailbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    return std::exchange(functions_, {});
}

}  // namespace elector::http
