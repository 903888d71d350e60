/** What an event does not see, on whichever rung. Half sentences. */
import type { EventName } from '../events/index.js'

export const BLIND_SPOTS: Partial<Record<EventName, readonly string[]>> = {
  NEW_PROCESS: ['MEMORY_USAGE of a new program on Linux 6.2 and newer', 'names of users in a foreign user namespace'],
  EXISTING_PROCESS: ['BASE_ADDRESS where the program headers are not in the first page of the file'],
  PROCESS_ENVIRONMENT: ['what a program changes in its environment after its start'],
}
