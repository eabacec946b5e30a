#pragma once

#include <string>

namespace elector::runtime {

// Opens /dev/null for each of standard input, output and error that is closed, so that no other
// file or socket takes its number and gets what is written there. To be called first of all.
void occupyStandardStreams();

// Writes "PROGRAM: SENTENCE" as a line to standard error. Where that cannot be written it is lost:
// the exit code, which the caller chooses, tells the rest.
void complain(const std::string& program, const std::string& sentence);

}  // namespace elector::runtime
