#pragma once

#include <optional>
#include <string>

#include <Poco/JSON/Object.h>

#include "tests/support/lease_table.h"

namespace elector::test {

// The answer that the real API server gives to a Lease that it cannot take, or nothing where it
// takes it: 400 for fields that cannot be decoded (a time without exactly six decimals, a duration
// that is no 32-bit integer), 422 for values that are not allowed.
std::optional<TableAnswer> refusal(const LeaseKey& key, const Poco::JSON::Object& lease);

}  // namespace elector::test
