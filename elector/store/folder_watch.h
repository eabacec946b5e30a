#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "elector/runtime/descriptor.h"
#include "elector/runtime/result.h"
#include "elector/runtime/wake.h"

namespace elector::store {

// Waits for changes of one file of a folder by inotify: no polling.
//
// Threads: one; the stop may be requested by any.
class FolderWatch {
  public:
    enum class Outcome {
        Changed,  // the file was created, replaced, written to or removed, perhaps several times
        Gone,     // the folder itself was removed or moved
        Stopped,
    };

    // From now on, no change is missed.
    static runtime::Result<FolderWatch> open(const std::string& folder, std::string name);

    // Until the next change, or until `stop` is requested.
    Outcome wait(const std::stop_token& stop);

  private:
    FolderWatch(runtime::Descriptor events, std::unique_ptr<runtime::Wake> wake, std::string name)
        : events_(std::move(events)), wake_(std::move(wake)), name_(std::move(name)) {}
    // Takes the pending events; nothing where none of them is about the file or the folder itself.
    std::optional<Outcome> drain();

    runtime::Descriptor events_;
    std::unique_ptr<runtime::Wake> wake_;  // for the stop
    std::string name_;
};

}  // namespace elector::store
