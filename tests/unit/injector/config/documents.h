#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace injector {

// The text of a file of the project, by its path from the top.
inline std::string documentAt(const std::string& path) {
    std::ifstream stream(std::filesystem::path(PROJECT_FOLDER) / path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace injector
