#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "elector/config/invocation.h"
#include "elector/exec/director.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::exec {

// Where a wrapper hears who leads.
//
// Threads: the wrapper's; lead() is read while others change it.
class Source {
  public:
    virtual ~Source() = default;
    // From now on `wake` is called after each change, by any thread; it does not wait.
    virtual void start(std::function<void()> wake) = 0;
    // The term in which this one leads, as last heard. May have ended since: whoever acts by it
    // compares its end with the clock.
    virtual std::optional<Lead> lead() = 0;
    // Where the program asks the elector.
    virtual std::string url() const = 0;
    // Gives the Lease up, where it is this process's. REQUIRES: the program has ended.
    virtual void stop() = 0;
};

using MakeSource =
    std::function<std::unique_ptr<Source>(const runtime::Clock&, const runtime::Log&)>;

// `exec`: runs a program while leading. With an elector to ask, by its stream; else by `campaign`,
// which is called once the guard has been started, since that takes a process of one thread.
// Returns the exit code. Throws std::system_error and what `campaign` throws.
int run(const config::ExecRequest& request, const MakeSource& campaign);

}  // namespace elector::exec
