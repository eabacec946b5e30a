#pragma once

#include <span>
#include <string_view>

namespace injector::dashboard {

// A file of the page, as it stands in the folder web/: it is compiled into the program.
struct WebFile {
    std::string_view name;
    std::string_view type;
    std::string_view text;
};

std::span<const WebFile> webFiles();

}  // namespace injector::dashboard
