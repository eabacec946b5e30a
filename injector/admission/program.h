#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "injector/admission/options.h"

// What annotations add to the containers of the program, beside the sidecar: variables that say
// where it answers, and folders that both see.
namespace injector::admission {

// A variable and its value.
using Variable = std::pair<std::string_view, std::string>;

// Those that `env` stands for, of a sidecar that answers on `port`.
std::vector<Variable> variablesOf(std::string_view env, std::uint16_t port);

// A volume of the sidecar's own that the program's containers mount at the same path.
struct SharedFolder {
    std::string_view option;  // that asks for it
    std::string_view volume;
    std::string path;           // absolute, without a slash at its end
    bool isWrittenBySidecar{};  // and only read by the program; or the other way round
};

// Those that the options ask for; of a value that is not allowed, any or none.
std::vector<SharedFolder> sharedFolders(const OptionValues& values);

// Whether what is mounted at `mount` would be covered by the folder, or in it.
bool isInTheWay(std::string_view mount, const SharedFolder& folder);

// Why two of the folders, or one and what the sidecar itself has, cannot be together: a sentence;
// or "".
std::string complaintAboutFolders(const std::vector<SharedFolder>& folders);

// "", or what is allowed instead, to follow "... is refused: ". Such a text means the same to a
// kubelet in a mount, and in an argument, in which it replaces variables.
std::string complaintAboutFolder(const std::string& path);
std::string complaintAboutFileInFolder(const std::string& path);

// The volume of a folder, and its mount in the sidecar or in a container of the program: JSON.
std::string volumeOf(const SharedFolder& folder);
std::string mountOf(const SharedFolder& folder, bool inSidecar);

// A proxy of a mesh, by the name that its injector gives it: no part of the program, and what the
// sidecar says to the API server goes through it.
bool isProxy(std::string_view container);

}  // namespace injector::admission
