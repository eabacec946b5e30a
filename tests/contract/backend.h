#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "elector/store/lease_store.h"

namespace elector::test {

// A server of Leases, or what takes its place: a folder, a table. Its clients are LeaseStores; the
// rest is what people do by hand.
class Backend {
  public:
    virtual ~Backend() = default;

    // A client of its own: with its own connections, its own lock.
    virtual std::unique_ptr<store::LeaseStore> client() = 0;

    // Deletes the Lease, if there is one.
    virtual void remove(const election::LeaseKey& key) = 0;
    // Sets a label of the Lease; there is one.
    virtual void label(const election::LeaseKey& key, const std::string& name,
                       const std::string& value) = 0;
    virtual std::string labelOf(const election::LeaseKey& key, const std::string& name) = 0;

    // Writes down a spec that no honest client writes. Only those that are ours to write to by
    // hand can: see Server::kind.
    virtual void overwriteSpec(const election::LeaseKey& key, std::string_view spec) = 0;
    // The text of a member of the spec.
    virtual std::string specMember(const election::LeaseKey& key, const std::string& name) = 0;

    // From now on, and until the next call with false, writes are not answered.
    virtual void stall(bool stalled) = 0;
};

// How to make a backend. Each test gets a fresh one.
struct BackendKind {
    std::string name;
    std::function<std::unique_ptr<Backend>()> make;
};
inline void PrintTo(const BackendKind& kind, std::ostream* out) {
    *out << kind.name;
}

// In memory; a folder; the API client on a fake server.
std::vector<BackendKind> ownBackends();

// Those, and a real kube-apiserver where the environment variable CONTRACT_KUBECONFIG names a
// kubeconfig for one. It validates what is written to it and cannot be stalled from here, so that
// only the tests of proper use run against it.
std::vector<BackendKind> allBackends();

}  // namespace elector::test
