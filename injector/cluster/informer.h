#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "elector/election/watch_pace.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/cluster/api.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::cluster {

// What an informer tells. Called by its thread, one call at a time; a call that waits holds up the
// watch, and nothing else.
class InformerSink {
  public:
    virtual ~InformerSink() = default;
    // The object is there, with this metadata: it was listed, made or changed. May repeat. `object`
    // is the JSON of what is kept of it, for who follows whole objects; valid during the call.
    virtual void onPresent(ObjectMeta meta, std::string_view object) = 0;
    // An object of which onPresent() told is gone, or is one that is not kept any more (for what it
    // says now, because it cannot be read, or because its namespace has too many).
    virtual void onGone(const ObjectKey& key) = 0;
    // The namespace of this object has too many: it is passed over, and so may others be. Told of
    // one object, until a list found that all of the namespace is kept again.
    virtual void onPassedOver(const ObjectKey& key) = 0;
    // All that there is has been told once.
    virtual void onSynced() = 0;
};

// Which objects an informer tells of.
struct Selection {
    Resource resource;
    // "labelSelector=..." or "fieldSelector=...", encoded; "" for all.
    std::string query;
    // A text that stands in the metadata of every object that is kept: others are passed over
    // without being read. "" for none.
    std::string mark;
    // Which of them are kept.
    std::function<bool(const ObjectMeta&)> keeps;
    // How much of one namespace is kept, in bytes of the objects' kept metadata with kOverhead for
    // each: what is more is passed over, so that nobody who can make objects in a namespace can
    // make the process grow without end.
    std::size_t mostOfSpace = std::size_t{8} * 1024 * 1024;
    // What was passed over is looked for again, by another list, once its namespace has room; so
    // long after the last list at the earliest.
    elector::runtime::Duration listAgain = std::chrono::minutes(5);
    // What is read of an object: whole ones are asked for where it is not kMetaOnly.
    const elector::json_text::Keep* object = &kMetaOnly;

    // What an object takes besides its own texts, with what the operator keeps of it: measured for
    // Pods (docs/scaling.md).
    static constexpr std::size_t kOverhead = 2048;
};

// Of Pods those that have not ended: the others stay for their logs, and campaign no more.
std::string livePods();
// Of whatever kind what the operator has marked as its own.
std::string markedByUs();

// How an informer fares. A value.
struct InformerHealth {
    // When a list was last completed or a watch last said something; at first, when it began.
    elector::runtime::Instant heard;
    // Why not since, in a sentence; "" for no failure.
    std::string error;
    // How many objects and events could not be read, how many parts of kept objects were too long
    // and left out, and how often an object was passed over as its namespace had too many.
    std::uint64_t unreadable = 0;
    std::uint64_t leftOut = 0;
    std::uint64_t passedOver = 0;
};

// Follows the objects of one kind in all namespaces: lists them in pages, then watches, and lists
// again where the server has forgotten what changed meanwhile. What changed is told at last,
// whatever breaks; how often in between is not promised.
//
// No object holds up another: of each no more is read than the selection says, one that cannot be
// read is passed over, counted and logged. Keeps the keys of the objects that it told of, and
// nothing else.
//
// Threads: one of its own, from construction to destruction, which ends it within a call's time.
class Informer {
  public:
    // `sink`, `clock` and `log` outlive it. Throws std::system_error where no thread can be
    // started.
    Informer(elector::kubernetes::Access access, Selection selection, InformerSink& sink,
             const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~Informer();
    Informer(const Informer&) = delete;
    Informer& operator=(const Informer&) = delete;

    const Resource& resource() const { return selection_.resource; }
    // Any thread.
    InformerHealth health() const;

  private:
    void run(const std::stop_token& stop);
    // Lists or watches until something fails; what.
    elector::kubernetes::ApiError follow(Api& api);
    elector::kubernetes::Result<Done> list(Api& api);
    // False where all has to be listed again.
    bool take(const elector::kubernetes::WatchEvent& event);
    // Tells of the object; its key where it is kept.
    std::optional<ObjectKey> tell(const Item& item);
    // Takes note that an object of so many bytes is kept; false where its namespace is full.
    bool admit(const ObjectKey& key, std::size_t bytes);
    void forget(const ObjectKey& key);
    void noteUnreadable(const ObjectKey& key, const std::string& problem);
    void noteLeftOut(const ObjectKey& key, std::size_t parts);
    void notePassedOver(const ObjectKey& key);
    void noteHeard();
    void complain(const elector::kubernetes::ApiError& error);

    const elector::kubernetes::Access access_;
    const Selection selection_;
    InformerSink& sink_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::runtime::Wake wake_;

    mutable std::mutex mutex_;
    InformerHealth health_;

    // What is kept of a namespace.
    struct Space {
        std::size_t bytes = 0;
        bool isFull = false;  // something of it was passed over since the last list
        bool isTold = false;  // and the sink knows
    };

    // Of the thread.
    std::map<ObjectKey, std::size_t> kept_;  // with its bytes
    std::map<std::string, Space, std::less<>> spaces_;
    std::set<ObjectKey> logged_;  // of which something was left out
    std::string version_;         // to watch from; "": list first
    bool synced_ = false;
    bool hasRoomAgain_ = false;  // where something was passed over
    elector::runtime::Instant listed_;
    int failures_ = 0;  // since something was last heard

    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace injector::cluster
