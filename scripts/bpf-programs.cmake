# Compiles each native/linux/bpf/<name>.bpf.c for the BPF machine and embeds it as <name>.skel.h,
# which declares <name>_bpf and its functions; some also for old kernels, as <name>_old.

set(VERSIONS 14 15 16 17 18 19 20 21 22)
list(TRANSFORM VERSIONS PREPEND clang- OUTPUT_VARIABLE CLANGS)
list(TRANSFORM VERSIONS PREPEND llvm-strip- OUTPUT_VARIABLE LLVM_STRIPS)

# The distribution's own clang if it is new enough, else the first numbered one.
find_program(PLAIN_CLANG clang)
find_program(NUMBERED_CLANG NAMES ${CLANGS})
set(BPF_CLANG ${NUMBERED_CLANG})
if(PLAIN_CLANG)
  execute_process(COMMAND ${PLAIN_CLANG} -dumpversion
    OUTPUT_VARIABLE PLAIN_CLANG_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  if(PLAIN_CLANG_VERSION VERSION_GREATER_EQUAL 14)
    set(BPF_CLANG ${PLAIN_CLANG})
  endif()
endif()
find_program(LLVM_STRIP NAMES llvm-strip ${LLVM_STRIPS})

# Older Ubuntu's /usr/sbin/bpftool is a script that looks for the running kernel's copy; any copy can write a skeleton.
file(GLOB UBUNTU_KERNEL_TOOLS /usr/lib/linux-tools/* /usr/lib/linux-tools-*)
find_program(BPFTOOL bpftool HINTS ${UBUNTU_KERNEL_TOOLS} PATHS /usr/sbin /usr/local/sbin)

find_library(LIBBPF_LIBRARY bpf)
find_path(LIBBPF_INCLUDE_DIR bpf/libbpf_version.h)
if(LIBBPF_INCLUDE_DIR)
  file(STRINGS ${LIBBPF_INCLUDE_DIR}/bpf/libbpf_version.h LIBBPF_1 REGEX "LIBBPF_MAJOR_VERSION [1-9]")
endif()

set(missing)
if(NOT BPF_CLANG)
  list(APPEND missing "clang 14 or newer")
endif()
if(NOT LLVM_STRIP)
  list(APPEND missing llvm-strip)
endif()
if(NOT BPFTOOL)
  list(APPEND missing bpftool)
endif()
if(NOT LIBBPF_LIBRARY OR NOT LIBBPF_1)
  list(APPEND missing "libbpf 1.0 or newer with its headers")
endif()
if(missing)
  list(JOIN missing ", " missing)
  message(FATAL_ERROR "Missing: ${missing}. On Debian 12 and newer: apt-get install clang llvm bpftool libbpf-dev")
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(BPF_TARGET_ARCH arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(BPF_TARGET_ARCH x86)
else()
  set(BPF_TARGET_ARCH ${CMAKE_SYSTEM_PROCESSOR})
endif()

# The host's compiler finds <asm/*.h> by itself on Debian's multiarch layout, `clang -target bpf` does not.
set(BPF_SYSTEM_INCLUDES)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND BPF_SYSTEM_INCLUDES -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()

set(BPF_DIR ${CMAKE_CURRENT_BINARY_DIR}/bpf)
file(MAKE_DIRECTORY ${BPF_DIR})
set(BPF_SKELETONS)
function(add_bpf_program name source_name)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/native/linux/bpf/${source_name}.bpf.c)
  set(object ${BPF_DIR}/${name}.bpf.o)
  set(skeleton ${BPF_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${object}
    # llvm-strip keeps .BTF and .BTF.ext, which CO-RE needs, and drops DWARF.
    COMMAND ${BPF_CLANG} -target bpf -D__TARGET_ARCH_${BPF_TARGET_ARCH} ${ARGN} -O2 -g -Wall -Werror
      -I ${CMAKE_CURRENT_SOURCE_DIR}/native -I ${CMAKE_CURRENT_SOURCE_DIR}/native/linux/bpf
      -I ${LIBBPF_INCLUDE_DIR} ${BPF_SYSTEM_INCLUDES}
      -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    COMMAND ${LLVM_STRIP} -g ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "BPF ${name}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${CMAKE_COMMAND} -DBPFTOOL=${BPFTOOL} -DOBJECT=${object} -DSKELETON=${skeleton}
      -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/bpf-skeleton.cmake
    DEPENDS ${object}
    VERBATIM)
  set(BPF_SKELETONS ${BPF_SKELETONS} ${skeleton} PARENT_SCOPE)
endfunction()

foreach(name ${BPF_PROGRAMS})
  add_bpf_program(${name} ${name})
endforeach()
foreach(name ${BPF_PROGRAMS_OLD})
  add_bpf_program(${name}_old ${name} -DKERNELWIRE_OLD)
endforeach()

target_sources(addon PRIVATE ${BPF_SKELETONS})
target_include_directories(addon SYSTEM PRIVATE ${BPF_DIR} ${LIBBPF_INCLUDE_DIR})
target_link_libraries(addon PRIVATE ${LIBBPF_LIBRARY})
