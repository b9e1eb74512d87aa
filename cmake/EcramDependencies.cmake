# SPDX-License-Identifier: Apache-2.0
# Every library from outside, found once. Headers of others are SYSTEM: their warnings are not ours.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cminpack REQUIRED IMPORTED_TARGET cminpack)

find_path(UDUNITS2_INCLUDE udunits2.h REQUIRED)
find_library(UDUNITS2_LIBRARY udunits2 REQUIRED)
add_library(udunits2 INTERFACE IMPORTED)
target_include_directories(udunits2 SYSTEM INTERFACE ${UDUNITS2_INCLUDE})
target_link_libraries(udunits2 INTERFACE ${UDUNITS2_LIBRARY})

find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)
add_library(random123 INTERFACE IMPORTED)
target_include_directories(random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE})

find_path(KISSFFT_INCLUDE kissfft.hh PATH_SUFFIXES kissfft REQUIRED)
add_library(kissfft INTERFACE IMPORTED)
target_include_directories(kissfft SYSTEM INTERFACE ${KISSFFT_INCLUDE})

find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(hdf5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(highway REQUIRED IMPORTED_TARGET libhwy>=1.0)

find_path(SUNDIALS_INCLUDE cvode/cvode.h REQUIRED)
add_library(sundials INTERFACE IMPORTED)
target_include_directories(sundials SYSTEM INTERFACE ${SUNDIALS_INCLUDE})
foreach(part cvode nvecserial sunmatrixdense sunlinsoldense)
  find_library(SUNDIALS_${part} sundials_${part} REQUIRED)
  target_link_libraries(sundials INTERFACE ${SUNDIALS_${part}})
endforeach()
