#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <Poco/JSON/Object.h>

#include "elector/election/lease.h"

namespace elector::test {

using election::LeaseKey;

// What a real API server answers, and why.
struct TableAnswer {
    int status = 200;
    std::string reason;   // Conflict, Invalid, NotFound, ... where the status is above 299
    std::string message;  // likewise
    std::string object;   // the Lease as JSON where the status is 200 or 201
};

// A change, as a watch tells it.
struct TableEvent {
    std::int64_t revision = 0;
    std::string type;  // ADDED, MODIFIED or DELETED
    LeaseKey key;
    std::string object;  // a DELETED one's resourceVersion is the deletion's
};

// The Leases of an API server, as JSON, with the rules of the real one as far as an elector can
// meet them: one revision counter for all objects, which grows over deletion and re-creation; a
// uid per object; compare-and-swap on resourceVersion and uid; creation by PUT; no event for a PUT
// that changes nothing. MemoryStore and FakeApiServer are both built on it.
//
// The lower half is what people do by hand, as a test needs it: it asks nobody for permission.
//
// Threads: any, at any time.
class LeaseTable {
  public:
    TableAnswer get(const LeaseKey& key) const;

    // PUT on the object's name. `body` is the Lease as sent.
    TableAnswer put(const LeaseKey& key, std::string_view body);

    // All Leases of a namespace, or the one named, and the revision of the list.
    struct Listed {
        std::int64_t revision = 0;
        std::vector<std::string> objects;
    };
    Listed list(const std::string& space, const std::optional<std::string>& name) const;

    // The events above `revision`, oldest first. Nothing where they are no longer kept: the real
    // one answers 410.
    std::optional<std::vector<TableEvent>> eventsAfter(std::int64_t revision) const;

    std::int64_t revision() const;

    // A number that grows with every change and every poke.
    std::uint64_t generation() const;

    // Waits until generation() is above `seen`, `stop` is requested or `limit` is over.
    void waitForChange(std::uint64_t seen, const std::stop_token& stop,
                       std::chrono::milliseconds limit) const;

    // Wakes those who wait for a change: something else that they look at has changed.
    void poke();

    // False where there was none.
    bool remove(const LeaseKey& key);

    // Sets a label, and so changes nothing but metadata and resourceVersion.
    void label(const LeaseKey& key, const std::string& name, const std::string& value);

    // Changes the object as `edit` does; creates it where there is none.
    void edit(const LeaseKey& key, const std::function<void(Poco::JSON::Object&)>& edit);

    // Writes the spec down as it stands: `spec` is the text of any JSON value. Creates the object
    // where there is none; its metadata stays.
    void overwriteSpec(const LeaseKey& key, std::string_view spec);

    // Writes the whole object down as it stands, JSON or not. $UID and $REVISION in it are
    // replaced by the object's.
    void overwriteDocument(const LeaseKey& key, std::string_view document);

    // Some other object of the cluster changes.
    void advanceRevision(std::int64_t by = 1);

    // Forgets the events up to now: a watch from an older revision is answered 410.
    void compact();

    // The text of one member of spec or metadata, such as "spec.holderIdentity" or
    // "metadata.labels.team"; "" where it is absent.
    std::string field(const LeaseKey& key, std::string_view path) const;

  private:
    struct Entry {
        std::string uid;
        std::int64_t revision = 0;
        std::string created;  // creationTimestamp
        std::string object;   // the JSON text, complete
    };

    TableAnswer createLocked(const LeaseKey& key, Poco::JSON::Object& object);
    TableAnswer replaceLocked(const LeaseKey& key, Entry& entry, Poco::JSON::Object& object);
    Entry& entryLocked(const LeaseKey& key);
    void storeLocked(const LeaseKey& key, Entry& entry, std::string object, const char* type);
    Entry newEntryLocked();

    mutable std::mutex mutex_;
    std::map<LeaseKey, Entry> entries_;
    std::vector<TableEvent> events_;
    std::int64_t revision_ = 100;
    std::int64_t compacted_ = 0;
    std::int64_t lastUid_ = 0;
    mutable std::condition_variable_any changed_;
    std::uint64_t generation_ = 0;
};

}  // namespace elector::test
