#include "elector/runtime/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace elector::runtime {

void occupyStandardStreams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
            // Takes the lowest free number, which is this one. Where there is no /dev, a descriptor
            // that can be neither read nor written keeps the place.
            if (open("/dev/null", O_RDWR) < 0) {
                open("/", O_PATH);
            }
        }
    }
}

void complain(const std::string& program, const std::string& sentence) {
    const std::string line = program + ": " + sentence + "\n";
    std::fputs(line.c_str(), stderr);
}

}  // namespace elector::runtime
