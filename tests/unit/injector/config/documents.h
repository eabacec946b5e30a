#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace injector {

// The text of a file of the project, by its path from the top.
inline std::string documentAt(const std::string& path) {
    std::ifstream stream(std::filesystem::path(PROJECT_FOLDER) / path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The paths of README and of the pages of docs.
inline std::vector<std::string> documents() {
    std::vector<std::string> paths{"README.md"};
    const std::filesystem::path docs = std::filesystem::path(PROJECT_FOLDER) / "docs";
    for (const auto& entry : std::filesystem::directory_iterator(docs)) {
        if (entry.path().extension() == ".md") {
            paths.push_back("docs/" + entry.path().filename().string());
        }
    }
    return paths;
}

}  // namespace injector
