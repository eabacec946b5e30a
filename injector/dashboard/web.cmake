# Defines web_source: a C++ source with the files of the page, written anew when one of them changes.
set(types html "text/html" js "text/javascript" css "text/css" svg "image/svg+xml")
set(rows)
foreach(name index.html style.css icon.svg main.js model.js row.js stream.js elements.js time.js)
    set(file ${CMAKE_CURRENT_LIST_DIR}/web/${name})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    cmake_path(GET file EXTENSION LAST_ONLY ending)
    string(SUBSTRING ${ending} 1 -1 ending)
    list(FIND types ${ending} at)
    math(EXPR at "${at} + 1")
    list(GET types ${at} type)
    string(APPEND rows "    {\"${name}\", \"${type}; charset=utf-8\", R\"web(${text})web\"},\n")
endforeach()
set(web_source ${CMAKE_CURRENT_BINARY_DIR}/web.cpp)
file(WRITE ${web_source}.new "#include \"injector/dashboard/web.h\"

namespace injector::dashboard {
namespace {

constexpr WebFile kFiles[] = {
${rows}};

}  // namespace

std::span<const WebFile> webFiles() { return kFiles; }

}  // namespace injector::dashboard
")
file(COPY_FILE ${web_source}.new ${web_source} ONLY_IF_DIFFERENT)
