# Checks that no layer includes one above it:  cmake -DRESULTS=FILE -P tests/layers.cmake
#
# Writes a JUnit file with a case for each layer, and fails if one includes what is above it. docs/design.md draws them.
cmake_minimum_required(VERSION 3.25)

# The lowest first. A layer is a folder, or one file of a folder that stands higher.
set(layers
    elector/names.h
    elector/version.h
    elector/election
    elector/runtime
    elector/http
    elector/kubernetes
    elector/store
    elector/campaign
    elector/config
    elector/commands
    elector/health
    elector/exec
    elector
    injector/cluster
    injector/admission
    injector/config
    injector/certificates
    injector/webhook
    injector/operator
    injector/elections
    injector/dashboard
    injector/offline
    injector/check
    injector/leader
    injector)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH top)

# The place of a file in the list.
function(place_of file result)
    list(FIND layers ${file} place)
    if(place EQUAL -1)
        cmake_path(GET file PARENT_PATH folder)
        list(FIND layers ${folder} place)
        if(place EQUAL -1)
            message(FATAL_ERROR "${file} is in no layer: name its folder in tests/layers.cmake")
        endif()
    endif()
    set(${result} ${place} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${top} ${top}/elector/*.h ${top}/elector/*.cpp ${top}/injector/*.h ${top}/injector/*.cpp)
set(wrong)
foreach(file ${files})
    place_of(${file} place)
    file(STRINGS ${top}/${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*\"(elector|injector)/")
    foreach(line ${lines})
        string(REGEX REPLACE "^[^\"]*\"([^\"]+)\".*" "\\1" included "${line}")
        place_of(${included} below)
        if(below GREATER place)
            message(SEND_ERROR "${file} includes ${included}, which is in a layer above it")
            list(GET layers ${place} layer)
            list(APPEND wrong ${layer})
        endif()
    endforeach()
endforeach()

set(cases)
foreach(layer ${layers})
    if(layer IN_LIST wrong)
        string(APPEND cases "<testcase name=\"${layer}\"><failure/></testcase>\n")
    else()
        string(APPEND cases "<testcase name=\"${layer}\"/>\n")
    endif()
endforeach()
if(RESULTS)
    file(WRITE ${RESULTS} "<testsuite name=\"layers\">\n${cases}</testsuite>\n")
endif()
