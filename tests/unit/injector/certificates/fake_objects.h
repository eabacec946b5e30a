#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "elector/http/server.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace injector::certificates {

// A clock that may be put ahead of the machine's; both of its hands.
class AheadClock final : public elector::runtime::Clock {
  public:
    elector::runtime::Instant now() const override { return real_.now() + ahead.load(); }
    elector::runtime::WallTime wall() const override {
        return real_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(ahead.load());
    }
    std::atomic<elector::runtime::Duration> ahead{elector::runtime::Duration(0)};

  private:
    elector::runtime::SystemClock real_;
};

// An API server with the objects that the keeper fills in: the Secrets system/hook-ca and
// system/hook-tls, and the MutatingWebhookConfiguration hook. Patches are applied as a real one
// does: under the resourceVersion and uid that they name, and to what they name alone.
//
// Threads: any.
class FakeObjects {
  public:
    using Data = std::map<std::string, std::string>;

    FakeObjects(const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~FakeObjects();

    elector::kubernetes::Access access() const;

    // Of a Secret, decoded.
    Data data(const std::string& secret) const;
    void setData(const std::string& secret, Data data);
    void removeSecret(const std::string& secret);
    std::string bundle() const;
    void setBundle(const std::string& bundle);
    void setWebhookName(const std::string& name);

    // Called before each request that writes, with its path: may change the objects first.
    void beforeWrite(std::function<void(const std::string& path)> hook);
    // From now on, answers this status to writes; 0: none.
    void refuseWrites(int status) { refusal_ = status; }
    // The queries and bodies of all writes.
    std::vector<std::string> writes() const;

  private:
    struct Object {
        int version = 1;
        Data data;
    };

    void addRoutes(elector::http::Router& router);
    elector::http::Response read(const std::string& name) const;
    elector::http::Response write(const std::string& name, const elector::http::Request& request);
    std::string document(const std::string& name) const;
    void merge(Object& object, const std::string& body);
    void applyTo(Object& object, const std::string& body);

    mutable std::mutex mutex_;
    std::map<std::string, Object> objects_;
    std::string webhookName_;
    std::function<void(const std::string&)> hook_;
    std::atomic<int> refusal_{0};
    std::vector<std::string> writes_;
    std::unique_ptr<elector::http::Server> server_;
};

}  // namespace injector::certificates
