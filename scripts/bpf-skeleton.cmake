# bpftool writes the skeleton to stdout; a failed run must leave no half-written header behind.
execute_process(
  COMMAND ${BPFTOOL} gen skeleton ${OBJECT}
  OUTPUT_FILE ${SKELETON}.part
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${BPFTOOL} gen skeleton ${OBJECT} failed: ${status}")
endif()
file(RENAME ${SKELETON}.part ${SKELETON})
