# SPDX-License-Identifier: Apache-2.0

# ecram_room(NAME ROOMS... LIBRARIES...): the static library ecram_NAME of every source in the
# folder NAME. ROOMS are those below that it includes, LIBRARIES what it takes from outside.
function(ecram_room name)
  cmake_parse_arguments(ROOM "" "" "ROOMS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(ecram_${name} STATIC ${sources})
  target_include_directories(ecram_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  list(TRANSFORM ROOM_ROOMS PREPEND ecram_)
  target_link_libraries(ecram_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_LIBRARIES})
endfunction()

# ecram_embed(TARGET HEADER FILE...): a generated header <ecram/HEADER> with the text of each FILE
# as a std::string_view named after it (targets.toml becomes ecram::embedded::targets_toml), and all of
# them by path in a table named after the header, so that the program needs no file of its own at run time.
function(ecram_embed target header)
  set(output ${CMAKE_BINARY_DIR}/generated/ecram/${header})
  set(files)
  foreach(file ${ARGN})
    list(APPEND files ${CMAKE_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSOURCE=${CMAKE_SOURCE_DIR} "-DFILES=${files}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
