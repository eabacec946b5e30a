#pragma once

#include <fcntl.h>

#include <chrono>
#include <string>

#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/log.h"
#include "tests/support/temporary_folder.h"

namespace injector::test {

// A log whose lines a test can read.
class CapturedLog {
  public:
    explicit CapturedLog(const elector::runtime::Clock& clock)
        : file_(folder_.path() + "/log"),
          descriptor_(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
          log_(elector::runtime::LogLevel::Info, elector::runtime::LogFormat::Text, clock,
               descriptor_.get()) {}
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    const elector::runtime::Log& log() const { return log_; }
    std::string text() const {
        log_.flush(std::chrono::seconds(20));
        return elector::test::readText(file_);
    }
    // How many lines contain `part`.
    int count(const std::string& part) const {
        const std::string all = text();
        int found = 0;
        for (std::size_t at = all.find(part); at != std::string::npos;
             at = all.find(part, at + 1)) {
            ++found;
        }
        return found;
    }

  private:
    elector::test::TemporaryFolder folder_;
    std::string file_;
    elector::runtime::Descriptor descriptor_;  // closed after the log, whose thread writes to it
    elector::runtime::Log log_;
};

}  // namespace injector::test
