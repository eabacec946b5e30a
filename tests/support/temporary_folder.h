#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace elector::test {

// A folder of this test's own, removed with all that is in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// The text of a file. Throws std::runtime_error where it cannot be read.
std::string readText(const std::filesystem::path& path);

// Throws std::runtime_error where it cannot be written.
void writeText(const std::filesystem::path& path, std::string_view text);

// The same, and whoever reads the file finds the old text or the new one, whole. Throws
// std::runtime_error, too.
void replaceText(const std::filesystem::path& path, std::string_view text);

}  // namespace elector::test
