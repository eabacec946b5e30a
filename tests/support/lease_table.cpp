#include "tests/support/lease_table.h"

#include <fmt/format.h>

#include "tests/support/json_text.h"
#include "tests/support/lease_validation.h"

namespace elector::test {
namespace {

using Object = Poco::JSON::Object;

constexpr const char* kCreated = "2026-01-02T03:04:05Z";

TableAnswer conflict(const LeaseKey& key, const std::string& why) {
    return {409,
            "Conflict",
            fmt::format("Operation cannot be fulfilled on leases.coordination.k8s.io \"{}\": {}",
                        key.name, why),
            {}};
}

void setMember(Object& object, const std::string& name, Object member) {
    object.set(name, Object::Ptr(new Object(std::move(member))));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

// `object` with the metadata that the server fills in.
std::string completed(Object object, const LeaseKey& key, const std::string& uid,
                      const std::string& created, std::int64_t revision) {
    Object metadata = childObject(object, "metadata");
    metadata.set("name", key.name);
    metadata.set("namespace", key.space);
    metadata.set("uid", uid);
    metadata.set("creationTimestamp", created);
    metadata.set("resourceVersion", std::to_string(revision));
    object.set("apiVersion", "coordination.k8s.io/v1");
    object.set("kind", "Lease");
    setMember(object, "metadata", metadata);
    return toText(object);
}

}  // namespace

TableAnswer LeaseTable::get(const LeaseKey& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return {404,
                "NotFound",
                fmt::format("leases.coordination.k8s.io \"{}\" not found", key.name),
                {}};
    }
    return {200, {}, {}, found->second.object};
}

TableAnswer LeaseTable::put(const LeaseKey& key, std::string_view body) {
    auto object = parseObject(body);
    if (!object) {
        return {400, "BadRequest", "the body is no JSON object", {}};
    }
    if (auto refused = refusal(key, *object)) {
        return *refused;
    }
    TableAnswer answer;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = entries_.find(key);
        answer = found == entries_.end() ? createLocked(key, *object)
                                         : replaceLocked(key, found->second, *object);
    }
    poke();
    return answer;
}

TableAnswer LeaseTable::createLocked(const LeaseKey& key, Object& object) {
    // A resourceVersion alone does not keep the real one from creating: only the uid does.
    const std::string uid = childText(childObject(object, "metadata"), "uid");
    if (!uid.empty()) {
        return conflict(key, fmt::format("Precondition failed: UID in precondition: {}, UID in "
                                         "object meta: ",
                                         uid));
    }
    Entry& entry = entries_[key];
    entry = newEntryLocked();
    storeLocked(key, entry, completed(object, key, entry.uid, entry.created, revision_ + 1),
                "ADDED");
    return {201, {}, {}, entry.object};
}

TableAnswer LeaseTable::replaceLocked(const LeaseKey& key, Entry& entry, Object& object) {
    const Object metadata = childObject(object, "metadata");
    const std::string uid = childText(metadata, "uid");
    const std::string revision = childText(metadata, "resourceVersion");
    if (!uid.empty() && uid != entry.uid) {
        return conflict(key, fmt::format("Precondition failed: UID in precondition: {}, UID in "
                                         "object meta: {}",
                                         uid, entry.uid));
    }
    if (revision.empty()) {
        return {422,
                "Invalid",
                fmt::format("leases.coordination.k8s.io \"{}\" is invalid: "
                            "metadata.resourceVersion: Invalid value: 0: must be specified for an "
                            "update",
                            key.name),
                {}};
    }
    if (revision != std::to_string(entry.revision)) {
        return conflict(key,
                        "the object has been modified; please apply your changes to the "
                        "latest version and try again");
    }
    if (completed(object, key, entry.uid, entry.created, entry.revision) == entry.object) {
        return {200, {}, {}, entry.object};
    }
    storeLocked(key, entry, completed(object, key, entry.uid, entry.created, revision_ + 1),
                "MODIFIED");
    return {200, {}, {}, entry.object};
}

LeaseTable::Listed LeaseTable::list(const std::string& space,
                                    const std::optional<std::string>& name) const {
    const std::scoped_lock lock(mutex_);
    Listed listed;
    listed.revision = revision_;
    for (const auto& [key, entry] : entries_) {
        if (key.space == space && (!name || key.name == *name)) {
            listed.objects.push_back(entry.object);
        }
    }
    return listed;
}

std::optional<std::vector<TableEvent>> LeaseTable::eventsAfter(std::int64_t revision) const {
    const std::scoped_lock lock(mutex_);
    if (revision < compacted_) {
        return std::nullopt;
    }
    std::vector<TableEvent> newer;
    for (const TableEvent& event : events_) {
        if (event.revision > revision) {
            newer.push_back(event);
        }
    }
    return newer;
}

std::int64_t LeaseTable::revision() const {
    const std::scoped_lock lock(mutex_);
    return revision_;
}

bool LeaseTable::remove(const LeaseKey& key) {
    {
        const std::scoped_lock lock(mutex_);
        const auto found = entries_.find(key);
        if (found == entries_.end()) {
            return false;
        }
        Entry last = found->second;
        auto object = parseObject(last.object);
        const std::string text =
            completed(object.value_or(Object()), key, last.uid, last.created, revision_ + 1);
        storeLocked(key, last, text, "DELETED");
        entries_.erase(key);
    }
    poke();
    return true;
}

void LeaseTable::label(const LeaseKey& key, const std::string& name, const std::string& value) {
    edit(key, [&](Object& object) {
        Object metadata = childObject(object, "metadata");
        Object labels = childObject(metadata, "labels");
        labels.set(name, value);
        setMember(metadata, "labels", labels);
        setMember(object, "metadata", metadata);
    });
}

void LeaseTable::edit(const LeaseKey& key, const std::function<void(Object&)>& edit) {
    {
        const std::scoped_lock lock(mutex_);
        const bool existed = entries_.contains(key);
        Entry& entry = entryLocked(key);
        Object object = parseObject(entry.object).value_or(Object());
        edit(object);
        storeLocked(key, entry, completed(object, key, entry.uid, entry.created, revision_ + 1),
                    existed ? "MODIFIED" : "ADDED");
    }
    poke();
}

void LeaseTable::overwriteSpec(const LeaseKey& key, std::string_view spec) {
    {
        const std::scoped_lock lock(mutex_);
        const bool existed = entries_.contains(key);
        Entry& entry = entryLocked(key);
        Object object = parseObject(entry.object).value_or(Object());
        object.remove("spec");
        // The rest goes through the parser; the spec itself is pasted in as text.
        std::string text = completed(object, key, entry.uid, entry.created, revision_ + 1);
        text.pop_back();
        text += fmt::format(",\"spec\":{}}}", spec);
        storeLocked(key, entry, text, existed ? "MODIFIED" : "ADDED");
    }
    poke();
}

void LeaseTable::overwriteDocument(const LeaseKey& key, std::string_view document) {
    {
        const std::scoped_lock lock(mutex_);
        const bool existed = entries_.contains(key);
        Entry& entry = entryLocked(key);
        std::string text = replaced(std::string(document), "$UID", entry.uid);
        text = replaced(text, "$REVISION", std::to_string(revision_ + 1));
        storeLocked(key, entry, text, existed ? "MODIFIED" : "ADDED");
    }
    poke();
}

void LeaseTable::advanceRevision(std::int64_t by) {
    {
        const std::scoped_lock lock(mutex_);
        revision_ += by;
    }
    poke();
}

void LeaseTable::compact() {
    const std::scoped_lock lock(mutex_);
    events_.clear();
    compacted_ = revision_;
}

std::string LeaseTable::field(const LeaseKey& key, std::string_view path) const {
    const TableAnswer found = get(key);
    Object object = parseObject(found.object).value_or(Object());
    // A label's or annotation's own name holds dots, so only the known parents are split off.
    for (const std::string parent : {"metadata", "spec", "labels", "annotations"}) {
        if (path.starts_with(parent + ".")) {
            object = childObject(object, parent);
            path.remove_prefix(parent.size() + 1);
        }
    }
    const Poco::Dynamic::Var value = object.get(std::string(path));
    return value.isEmpty() ? std::string() : value.toString();
}

LeaseTable::Entry LeaseTable::newEntryLocked() {
    ++lastUid_;
    return {fmt::format("00000000-0000-4000-8000-{:012}", lastUid_), 0, kCreated, {}};
}

LeaseTable::Entry& LeaseTable::entryLocked(const LeaseKey& key) {
    const auto [position, inserted] = entries_.try_emplace(key);
    if (inserted) {
        position->second = newEntryLocked();
    }
    return position->second;
}

void LeaseTable::storeLocked(const LeaseKey& key, Entry& entry, std::string object,
                             const char* type) {
    entry.revision = ++revision_;
    entry.object = std::move(object);
    events_.push_back({revision_, type, key, entry.object});
}

std::uint64_t LeaseTable::generation() const {
    const std::scoped_lock lock(mutex_);
    return generation_;
}

void LeaseTable::waitForChange(std::uint64_t seen, const std::stop_token& stop,
                               std::chrono::milliseconds limit) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, limit, [&] { return generation_ > seen; });
}

void LeaseTable::poke() {
    {
        const std::scoped_lock lock(mutex_);
        ++generation_;
    }
    changed_.notify_all();
}

}  // namespace elector::test
