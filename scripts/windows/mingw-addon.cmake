# How mingw-w64 makes a Windows addon. The toolchain brings no import library of Node: it is made here, of the names
# that node-api-headers lists, and is a late one, so that the addon fits a program of any name (delay_hook.cc).
execute_process(
  COMMAND node -e "const { def_paths } = require('node-api-headers'); const lines = Object.values(def_paths).flatMap((file) => require('fs').readFileSync(file, 'utf8').split(/\\r?\\n/)); const names = new Set(lines.filter((line) => /^(napi|node_api)_/.test(line))); process.stdout.write(['LIBRARY node.exe', 'EXPORTS', ...[...names].sort(), ''].join('\\n'))"
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  OUTPUT_FILE ${CMAKE_CURRENT_BINARY_DIR}/node.def COMMAND_ERROR_IS_FATAL ANY)
set(NODE_LIBRARY ${CMAKE_CURRENT_BINARY_DIR}/libnode_late.a)
add_custom_command(OUTPUT ${NODE_LIBRARY}
  COMMAND ${CMAKE_DLLTOOL} -m i386:x86-64 --temp-prefix node -d node.def --output-delaylib ${NODE_LIBRARY}
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
  DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/node.def)
add_custom_target(node_library DEPENDS ${NODE_LIBRARY})

function(make_windows_addon target)
  add_dependencies(${target} node_library)
  target_link_libraries(${target} PRIVATE ${NODE_LIBRARY} delayimp)
  # Nothing is needed at run time but what each Windows has, and two builds are the same to the byte.
  target_compile_options(${target} PRIVATE -ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_CURRENT_BINARY_DIR}=build)
  target_link_options(${target} PRIVATE -static -s -Wl,--exclude-all-symbols -Wl,--no-insert-timestamp)
endfunction()
