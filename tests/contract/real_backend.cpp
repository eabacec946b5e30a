#include "tests/contract/real_backend.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/store/kubernetes_store.h"
#include "tests/support/json_text.h"

namespace elector::test {
namespace {

using election::LeaseKey;

class RealBackend final : public Backend {
  public:
    explicit RealBackend(std::string kubeconfig) : kubeconfig_(std::move(kubeconfig)) {}

    std::unique_ptr<store::LeaseStore> client() override {
        return std::make_unique<store::KubernetesStore>(kubernetes::readKubeconfig({kubeconfig_}),
                                                        clock_);
    }
    void remove(const LeaseKey& key) override {
        kubectl("delete lease --ignore-not-found " + key.name);
    }
    void label(const LeaseKey& key, const std::string& name, const std::string& value) override {
        kubectl("label --overwrite lease " + key.name + " " + name + "=" + value);
    }
    std::string labelOf(const LeaseKey& key, const std::string& name) override {
        const auto lease = parseObject(kubectl("get -o json lease " + key.name)).value();
        return childText(childObject(childObject(lease, "metadata"), "labels"), name);
    }
    void overwriteSpec(const LeaseKey& key, std::string_view /*spec*/) override {
        throw std::logic_error("a real API server takes no hostile spec: " + key.text());
    }
    std::string specMember(const LeaseKey& key, const std::string& name) override {
        const auto lease = parseObject(kubectl("get -o json lease " + key.name)).value();
        return childText(childObject(lease, "spec"), name);
    }
    void stall(bool /*stalled*/) override {
        throw std::logic_error("a real API server is not stalled from here");
    }

  private:
    // What it printed. The arguments are this file's own: no shell characters in them.
    std::string kubectl(const std::string& arguments) const {
        const std::string command =
            "kubectl --kubeconfig='" + kubeconfig_ + "' --namespace=default " + arguments;
        const auto closePipe = [](FILE* pipe) { pclose(pipe); };
        const std::unique_ptr<FILE, decltype(closePipe)> pipe(popen(command.c_str(), "r"),
                                                              closePipe);
        std::string output;
        std::array<char, 4096> buffer{};
        for (std::size_t count = 1; pipe && count > 0;) {
            count = fread(buffer.data(), 1, buffer.size(), pipe.get());
            output.append(buffer.data(), count);
        }
        return output;
    }

    std::string kubeconfig_;
    runtime::SystemClock clock_;
};

}  // namespace

std::vector<BackendKind> realBackends() {
    const char* kubeconfig = std::getenv("CONTRACT_KUBECONFIG");
    if (kubeconfig == nullptr) {
        return {};
    }
    return {{"ApiServer",
             [path = std::string(kubeconfig)] { return std::make_unique<RealBackend>(path); }}};
}

}  // namespace elector::test
