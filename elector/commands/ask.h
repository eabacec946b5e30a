#pragma once

#include <string>
#include <variant>

#include "elector/commands/http_answer.h"
#include "elector/config/address.h"
#include "elector/election/instant.h"
#include "elector/runtime/clock.h"

namespace elector::commands {

// Sends "GET `path`" to the elector at `address` and reads its answer. Takes no longer than
// `timeout` in all, however slowly bytes come. NoAnswer carries a whole sentence: who was asked and
// what went wrong.
std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock);

}  // namespace elector::commands
