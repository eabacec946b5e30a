#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "elector/kubernetes/access.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/runtime/clock.h"
#include "elector/store/file_store.h"
#include "elector/store/kubernetes_store.h"
#include "tests/contract/backend.h"
#include "tests/contract/real_backend.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/json_text.h"
#include "tests/support/lease_table.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_folder.h"

namespace elector::test {
namespace {

using election::LeaseKey;

// A member as JSON text, where the object is well-formed.
std::string memberText(const Poco::JSON::Object& object, const std::string& name) {
    const Poco::Dynamic::Var value = object.get(name);
    return value.isString() ? jsonString(value.extract<std::string>()) : value.toString();
}

std::string specMemberIn(const std::string& document, const std::string& name) {
    return memberText(childObject(parseObject(document).value(), "spec"), name);
}

class MemoryBackend final : public Backend {
  public:
    std::unique_ptr<store::LeaseStore> client() override {
        auto client = std::make_unique<MemoryStore>(clock_, table_);
        client->onCall([this](StoreCall call) {
            StoreFault fault;
            fault.hangs = stalled_ && call != StoreCall::Get && call != StoreCall::Watch;
            return fault;
        });
        return client;
    }
    void remove(const LeaseKey& key) override { table_->remove(key); }
    void label(const LeaseKey& key, const std::string& name, const std::string& value) override {
        table_->label(key, name, value);
    }
    std::string labelOf(const LeaseKey& key, const std::string& name) override {
        return table_->field(key, "metadata.labels." + name);
    }
    void overwriteSpec(const LeaseKey& key, std::string_view spec) override {
        table_->overwriteSpec(key, spec);
    }
    std::string specMember(const LeaseKey& key, const std::string& name) override {
        return specMemberIn(table_->get(key).object, name);
    }
    void stall(bool stalled) override { stalled_ = stalled; }

  private:
    runtime::SystemClock clock_;
    std::shared_ptr<LeaseTable> table_ = std::make_shared<LeaseTable>();
    std::atomic<bool> stalled_ = false;
};

// Edits lease.json as a person does who knows what he is doing: as a whole, with a new
// resourceVersion.
class FileBackend final : public Backend {
  public:
    std::unique_ptr<store::LeaseStore> client() override {
        return std::make_unique<store::FileStore>(folder_.path(), clock_);
    }
    void remove(const LeaseKey& key) override { std::filesystem::remove(pathOf(key)); }
    void label(const LeaseKey& key, const std::string& name, const std::string& value) override {
        Poco::JSON::Object object = parseObject(textOf(key)).value();
        Poco::JSON::Object metadata = childObject(object, "metadata");
        Poco::JSON::Object labels = childObject(metadata, "labels");
        labels.set(name, value);
        metadata.set("labels", Poco::JSON::Object::Ptr(new Poco::JSON::Object(labels)));
        const auto last = std::stoll(childText(metadata, "resourceVersion"));
        metadata.set("resourceVersion", std::to_string(last + 1));
        object.set("metadata", Poco::JSON::Object::Ptr(new Poco::JSON::Object(metadata)));
        replace(key, toText(object));
    }
    std::string labelOf(const LeaseKey& key, const std::string& name) override {
        const auto object = parseObject(textOf(key)).value();
        return childText(childObject(childObject(object, "metadata"), "labels"), name);
    }
    void overwriteSpec(const LeaseKey& key, std::string_view spec) override {
        std::string uid = "by-hand";
        std::int64_t revision = 0;
        if (std::filesystem::exists(pathOf(key))) {
            const auto lease = kubernetes::parseLease(textOf(key)).value();
            uid = lease.uid;
            revision = std::stoll(lease.revision.text());
        }
        replace(key,
                R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"uid":")" +
                    uid + R"(","resourceVersion":")" + std::to_string(revision + 1) +
                    R"("},"spec":)" + std::string(spec) + "}");
    }
    std::string specMember(const LeaseKey& key, const std::string& name) override {
        return specMemberIn(textOf(key), name);
    }
    void stall(bool stalled) override {
        lock_.reset();
        if (stalled) {
            lock_ = std::make_unique<Lock>(folder_.path() + "/.lock");
        }
    }

  private:
    // The lock that writers take, in the hands of somebody who does not give it back.
    class Lock {
      public:
        explicit Lock(const std::string& path)
            : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
            if (flock(file_, LOCK_EX) != 0) {
                throw std::runtime_error("cannot lock " + path);
            }
        }
        ~Lock() { close(file_); }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

      private:
        int file_;
    };

    std::string pathOf(const LeaseKey& key) const {
        return folder_.path() + "/" + key.space + "/" + key.name + "/lease.json";
    }
    std::string textOf(const LeaseKey& key) const { return readText(pathOf(key)); }
    void replace(const LeaseKey& key, const std::string& text) const {
        const std::filesystem::path path = pathOf(key);
        std::filesystem::create_directories(path.parent_path());
        const std::filesystem::path edited = path.parent_path() / "edited";
        writeText(edited, text);
        std::filesystem::rename(edited, path);
    }

    TemporaryFolder folder_;
    runtime::SystemClock clock_;
    std::unique_ptr<Lock> lock_;
};

class FakeServerBackend final : public Backend {
  public:
    FakeServerBackend() {
        writeText(kubeconfig_, server_.kubeconfig());
        server_.onRequest([this](const ApiRequest& request) {
            const bool writes = request.verb == "create" || request.verb == "update";
            return stalled_ && writes ? ApiFault::of(ApiFault::Kind::Hang) : ApiFault{};
        });
    }

    std::unique_ptr<store::LeaseStore> client() override {
        return std::make_unique<store::KubernetesStore>(kubernetes::readKubeconfig({kubeconfig_}),
                                                        clock_);
    }
    void remove(const LeaseKey& key) override { server_.leases().remove(key); }
    void label(const LeaseKey& key, const std::string& name, const std::string& value) override {
        server_.leases().label(key, name, value);
    }
    std::string labelOf(const LeaseKey& key, const std::string& name) override {
        return server_.leases().field(key, "metadata.labels." + name);
    }
    void overwriteSpec(const LeaseKey& key, std::string_view spec) override {
        server_.leases().overwriteSpec(key, spec);
    }
    std::string specMember(const LeaseKey& key, const std::string& name) override {
        return specMemberIn(server_.leases().get(key).object, name);
    }
    void stall(bool stalled) override {
        stalled_ = stalled;
        if (!stalled) {
            server_.releaseHung();
        }
    }

  private:
    TemporaryFolder folder_;
    std::string kubeconfig_ = folder_.path() + "/kubeconfig";
    runtime::SystemClock clock_;
    std::atomic<bool> stalled_ = false;
    FakeApiServer server_;
};

}  // namespace

std::vector<BackendKind> ownBackends() {
    return {{"Memory", [] { return std::make_unique<MemoryBackend>(); }},
            {"File", [] { return std::make_unique<FileBackend>(); }},
            {"Kubernetes", [] { return std::make_unique<FakeServerBackend>(); }}};
}

std::vector<BackendKind> allBackends() {
    std::vector<BackendKind> kinds = ownBackends();
    for (BackendKind& kind : realBackends()) {
        kinds.push_back(std::move(kind));
    }
    return kinds;
}

}  // namespace elector::test
