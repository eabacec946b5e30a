#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "injector/admission/annotations.h"
#include "injector/admission/fit.h"
#include "injector/admission/program.h"
#include "injector/cluster/workload.h"

namespace injector::admission {

// The container of a Pod that has the sidecar's name.
struct NamesakeFacts {
    std::size_t index = 0;      // in its list
    std::string restartPolicy;  // "" where it has none of its own
    bool mountsToken = false;   // from the volume of the name of ours
};

// A list of containers, of any length.
struct ContainersFacts {
    bool isList = false;                    // an array, empty or not
    bool hasHostProcess = false;            // one of Windows
    std::string firstName;                  // "" where there is no container
    std::optional<NamesakeFacts> namesake;  // the first of that name
    // The last native sidecar that has to start before ours: of a mesh, or the one that `after`
    // names.
    std::optional<std::size_t> first;
    std::string nameOfFirst;
};

// A container of the program, where annotations add something to such.
struct ProgramContainer {
    bool isInit = false;
    std::size_t index = 0;  // in its list
    std::string name;
    bool hasVariables = false;            // `env` is an array, empty or not
    bool hasMounts = false;               // `volumeMounts` is one
    std::vector<std::string_view> lacks;  // of the variables that `env` stands for
};

// What annotations add to the program, and what of the Pod bears on that.
struct ProgramFacts {
    std::vector<std::string_view> variables;
    std::vector<SharedFolder> folders;
    std::vector<ProgramContainer> containers;  // none where nothing is added
    // What keeps a folder from being shared: a volume of its name; a container of the program that
    // mounts something in its way, and that folder's option.
    std::string_view takenVolume;
    std::string_view takenFolder;
    std::string takenBy;

    bool isAdded() const { return !variables.empty() || !folders.empty(); }
};

// The TCP ports that containers declare.
class DeclaredPorts {
  public:
    void add(std::int64_t port) {
        if (port < 0 || port >= kPorts) {
            return;  // no port, which nothing can collide with
        }
        declared_.resize(kPorts);
        declared_[static_cast<std::size_t>(port)] = true;
    }
    bool contains(std::uint16_t port) const { return !declared_.empty() && declared_[port]; }

  private:
    static constexpr std::int64_t kPorts = 65536;
    std::vector<bool> declared_;  // by number, 8 KiB; empty as long as there is none
};

// What a Pod that gets a sidecar can have, of what is looked at one by one. Far above what works
// in a cluster; so that what one review costs is bounded by more than the size of its body.
inline constexpr std::size_t kMostContainers = 1000;  // of a list
inline constexpr std::size_t kMostChanged = 50;       // of a list whose containers are changed, too
inline constexpr std::size_t kMostElements = 65536;   // of any other list or map: one a port

// What of a Pod bears on its sidecar. All else is neither read nor judged. Bounded in size,
// whatever the Pod is: lists are visited, not kept, and no text is longer than some kilobytes.
struct PodFacts {
    Annotations annotations;
    bool isMirror = false;               // made by a kubelet, of a static Pod
    bool namesDefaultContainer = false;  // by kubectl's annotation
    std::string space;                   // "" where the Pod names no namespace
    bool hasLabels = false;              // an object, empty or not
    bool isLabelledInjector = false;     // as the injector's own Pods are
    cluster::Labels namingLabels;        // those of cluster::namingLabels() that it has
    std::optional<cluster::OwnerReference> controller;  // without its uid

    std::string restartPolicy;  // "" where the Pod leaves it to the API's default, Always
    bool usesHostNetwork = false;
    bool isForWindows = false;    // by any of the signs in windows.h
    bool runsAsRoot = false;      // its security context says user 0
    bool hasVolumes = false;      // an array, empty or not
    bool hasTokenVolume = false;  // a volume of the name of ours
    ContainersFacts initContainers;
    ContainersFacts containers;  // at least one
    DeclaredPorts tcpPorts;      // of all these
    ProgramFacts program;
    ResourceFacts resources;  // and what they take
};

// Why a text is no Pod: a sentence.
struct Unreadable {
    std::string sentence;
};

// Reads a Pod, a value of a text that json_text::isValid() accepted, up to the first problem: a
// part that cannot be read, or one that is refused for its size. Where a key stands twice the last
// one counts, as for the API server. Of a Pod without annotations of ours, and of one whose
// `inject` is "false", only metadata is read. Of annotations of ours that the table does not know,
// one is kept, the first by its name.
std::variant<PodFacts, Unreadable, Refusal> readPod(std::string_view pod);

}  // namespace injector::admission
