#include "tests/support/lease_validation.h"

#include <cstdint>
#include <limits>
#include <regex>

#include "tests/support/json_text.h"

namespace elector::test {
namespace {

TableAnswer badRequest(const std::string& message) {
    return {400, "BadRequest", message, {}};
}

TableAnswer invalid(const LeaseKey& key, const std::string& message) {
    return {422,
            "Invalid",
            "Lease.coordination.k8s.io \"" + key.name + "\" is invalid: " + message,
            {}};
}

bool isAbsent(const Poco::JSON::Object& object, const std::string& name) {
    return !object.has(name) || object.isNull(name);
}

std::optional<TableAnswer> refusedTime(const Poco::JSON::Object& spec, const std::string& name) {
    static const std::regex kMicroTime(
        R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2}))");
    if (isAbsent(spec, name) || std::regex_match(childText(spec, name), kMicroTime)) {
        return std::nullopt;
    }
    return badRequest(
        "Lease in version \"v1\" cannot be handled as a Lease: parsing time of spec." + name);
}

std::optional<TableAnswer> refusedNumber(const LeaseKey& key, const Poco::JSON::Object& spec,
                                         const std::string& name, std::int64_t least) {
    if (isAbsent(spec, name)) {
        return std::nullopt;
    }
    const Poco::Dynamic::Var value = spec.get(name);
    if (!value.isInteger()) {
        return badRequest("Lease in version \"v1\" cannot be handled as a Lease: spec." + name +
                          " is no int32");
    }
    const auto number = value.convert<std::int64_t>();
    if (number > std::numeric_limits<std::int32_t>::max()) {
        return badRequest("Lease in version \"v1\" cannot be handled as a Lease: spec." + name +
                          " overflows int32");
    }
    if (number < least) {
        return invalid(key, "spec." + name + ": Invalid value: " + std::to_string(number));
    }
    return std::nullopt;
}

std::optional<TableAnswer> refusedName(const LeaseKey& key, const Poco::JSON::Object& lease) {
    const Poco::JSON::Object metadata = childObject(lease, "metadata");
    if (childText(lease, "kind") != "Lease" ||
        childText(lease, "apiVersion") != "coordination.k8s.io/v1") {
        return badRequest("the object provided is unrecognized (kind or apiVersion)");
    }
    if (childText(metadata, "name") != key.name) {
        return badRequest("the name of the object (" + childText(metadata, "name") +
                          ") does not match the name on the URL (" + key.name + ")");
    }
    const std::string space = childText(metadata, "namespace");
    if (!space.empty() && space != key.space) {
        return badRequest("the namespace of the provided object does not match the request");
    }
    return std::nullopt;
}

}  // namespace

std::optional<TableAnswer> refusal(const LeaseKey& key, const Poco::JSON::Object& lease) {
    if (auto refused = refusedName(key, lease)) {
        return refused;
    }
    const Poco::JSON::Object spec = childObject(lease, "spec");
    for (const char* name : {"acquireTime", "renewTime"}) {
        if (auto refused = refusedTime(spec, name)) {
            return refused;
        }
    }
    if (auto refused = refusedNumber(key, spec, "leaseDurationSeconds", 1)) {
        return refused;
    }
    return refusedNumber(key, spec, "leaseTransitions", 0);
}

}  // namespace elector::test
