/** What an event does not see, on whichever rung. Half sentences. */
import type { EventName } from '../events/index.js'

/** Of threads: docs/architecture.md, What processes do to each other. */
const UNSEEN_THREADS = [
  'threads made by code that nobody wrote into the process: return addresses or data that were changed, memory that both share, code that was copied within it',
  'threads that code of another process makes through a function of a library',
  'threads that begin before the call that wrote their code has returned',
  'more than 16 written ranges of a process, more than 64 pieces of one process_vm_writev',
]

export const BLIND_SPOTS: Partial<Record<EventName, readonly string[]>> = {
  NEW_PROCESS: ['MEMORY_USAGE of a new program on Linux 6.2 and newer', 'names of users in a foreign user namespace'],
  EXISTING_PROCESS: ['BASE_ADDRESS of a process that changes its mappings while it is looked at'],
  MODULE_LOAD: [
    'what processes loaded before the sensor',
    'where mremap moves code to',
    'a file that is loaded again just where it was',
  ],
  REMOTE_PROCESS_HANDLE: [
    'what a tracer gets with the children of those it traces',
    'who was denied to open /proc/PID/mem: by the mode of the file where trampolines are used, by another name than /proc/PID/mem elsewhere',
  ],
  NEW_REMOTE_THREAD: UNSEEN_THREADS,
  THREAD_INJECTION: UNSEEN_THREADS,
  OPEN_NAMED_PIPE: ['whether an open that has to wait for the other end is given up later'],
  PROCESS_ENVIRONMENT: ['what a program changes in its environment after its start'],
}
