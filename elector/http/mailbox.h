#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "elector/runtime/wake.h"

namespace elector::http {

// Functions on their way to the loop, which runs them in the order of their posting. Outlives the
// loop where handles do. Threads: any may post; one (the loop's) takes.
class Mailbox {
  public:
    using Function = std::function<void()>;

    // False, and nothing happens, once the loop has ended.
    bool post(Function function);

    // All that was posted. Forgets that it was woken for it.
    std::vector<Function> take();
    // The same for the last time: from now on post() refuses.
    std::vector<Function> close();

    void wake() { wake_.wake(); }
    // Readable while something is to be taken.
    int descriptor() const { return wake_.descriptor(); }

  private:
    runtime::Wake wake_;
    std::mutex mutex_;
    std::vector<Function> functions_;
    bool closed_ = false;
};

}  // namespace elector::http
