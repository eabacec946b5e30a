# Compiles sources of a target as one where tests/unity.py finds that they do not disturb each other. Most of the time
# of a compilation is spent on what the sources include, and the tests of a folder include the same.
#
# ELECTOR_UNITY is "tests" (the product's sources are compiled one by one, as for the image) or "all". ELECTOR_APART names
# targets to which that does not apply, should the script err.
function(targets_below folder result)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(subfolder ${subfolders})
        # The mutants' own sources take the place of a library's, one by one.
        if(NOT subfolder MATCHES "/tests/(simulation/mutations|cluster/chaos|fuzz)$")
            targets_below(${subfolder} more)
            list(APPEND targets ${more})
        endif()
    endforeach()
    set(${result} ${targets} PARENT_SCOPE)
endfunction()

targets_below(${PROJECT_SOURCE_DIR}/tests targets)
if(ELECTOR_UNITY STREQUAL "all")
    targets_below(${PROJECT_SOURCE_DIR}/elector more)
    list(APPEND targets ${more})
    targets_below(${PROJECT_SOURCE_DIR}/injector more)
    list(APPEND targets ${more})
elseif(NOT ELECTOR_UNITY STREQUAL "tests")
    message(FATAL_ERROR "ELECTOR_UNITY is '${ELECTOR_UNITY}'; allowed are tests, all or nothing")
endif()

if(ELECTOR_FUZZ)
    # The socket of tests/fuzz takes the place of this library's, which therefore stays an object of its own.
    list(APPEND ELECTOR_APART elector_kubernetes)
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(lines)
foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    if(NOT type MATCHES "^(EXECUTABLE|STATIC_LIBRARY)$" OR target IN_LIST ELECTOR_APART)
        continue()
    endif()
    get_target_property(folder ${target} SOURCE_DIR)
    foreach(source ${sources})
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder} NORMALIZE)
        string(APPEND lines "${target}\t${source}\n")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    endforeach()
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/unity.py)
file(WRITE ${PROJECT_BINARY_DIR}/unity-sources ${lines})
execute_process(
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/unity.py
    INPUT_FILE ${PROJECT_BINARY_DIR}/unity-sources
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE groups
    COMMAND_ERROR_IS_FATAL ANY)
string(STRIP "${groups}" groups)
string(REPLACE "\n" ";" groups "${groups}")
foreach(line ${groups})
    string(REPLACE "\t" ";" line "${line}")
    list(GET line 0 target)
    list(GET line 1 source)
    list(GET line 2 group)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${group})
endforeach()
