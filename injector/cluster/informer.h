#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "elector/election/backoff.h"
#include "elector/runtime/log.h"
#include "elector/runtime/wake.h"
#include "injector/cluster/api.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::cluster {

// What an informer tells. Called by its thread, one call at a time; a call that waits holds up the
// watch, and nothing else.
class InformerSink {
  public:
    virtual ~InformerSink() = default;
    // The object is there, with this metadata: it was listed, made or changed. May repeat.
    virtual void onPresent(ObjectMeta meta) = 0;
    // An object of which onPresent() told is gone, or is one that is not kept any more.
    virtual void onGone(const ObjectKey& key) = 0;
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
};

// Follows the objects of one kind in all namespaces, as metadata alone: lists them in pages, then
// watches, and lists again where the server has forgotten what changed meanwhile. What changed is
// told at last, whatever breaks; how often in between is not promised.
//
// Keeps the keys of the objects that it told of, and nothing else.
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

  private:
    void run(const std::stop_token& stop);
    // Lists or watches until something fails; what.
    elector::kubernetes::ApiError follow(Api& api);
    elector::kubernetes::Result<Done> list(Api& api);
    void take(const elector::kubernetes::WatchEvent& event);
    // Tells of `document`, and whether it is kept.
    void tell(std::string_view document, std::set<ObjectKey>& present);
    void forget(const ObjectKey& key);
    void complain(const elector::kubernetes::ApiError& error);

    const elector::kubernetes::Access access_;
    const Selection selection_;
    InformerSink& sink_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::runtime::Wake wake_;

    // Of the thread.
    std::set<ObjectKey> kept_;
    std::string version_;  // to watch from; "": list first
    bool synced_ = false;
    int failures_ = 0;  // since something was last heard

    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace injector::cluster
