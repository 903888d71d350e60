/** The bodies of REMOTE_PROCESS_HANDLE and NEW_REMOTE_THREAD, in final key order. */
import type { NestedProcess, NewRemoteThread, RemoteProcessHandle } from '../events/index.js'
import type { ProcessImage } from '../process/image.js'
import { nestedProcess } from './process.js'

/** One of the two processes: its number, and its image where it was announced. */
export interface PartyOf {
  pid: number
  image: ProcessImage | undefined
}

export function buildHandle(mask: number, source: PartyOf, target: PartyOf): RemoteProcessHandle['event'] {
  const [SOURCE, TARGET] = [nestedOf(source), nestedOf(target)]
  if (SOURCE === undefined || TARGET === undefined) {
    const event: RemoteProcessHandle['event'] = {
      ACCESS_FLAGS: mask,
      PARENT_PROCESS_ID: source.pid,
      PROCESS_ID: target.pid,
    }
    return withParties(event, SOURCE, TARGET)
  }
  return { ACCESS_FLAGS: mask, PARENT_PROCESS_ID: source.pid, PROCESS_ID: target.pid, SOURCE, TARGET }
}

export function buildRemoteThread(tid: number, source: PartyOf, target: PartyOf): NewRemoteThread['event'] {
  const [SOURCE, TARGET] = [nestedOf(source), nestedOf(target)]
  if (SOURCE === undefined || TARGET === undefined) {
    const event: NewRemoteThread['event'] = { THREAD_ID: tid, PARENT_PROCESS_ID: source.pid, PROCESS_ID: target.pid }
    return withParties(event, SOURCE, TARGET)
  }
  return { THREAD_ID: tid, PARENT_PROCESS_ID: source.pid, PROCESS_ID: target.pid, SOURCE, TARGET }
}

function nestedOf({ image }: PartyOf): NestedProcess | undefined {
  return image === undefined ? undefined : nestedProcess(image)
}

function withParties<E extends { SOURCE?: NestedProcess; TARGET?: NestedProcess }>(
  event: E,
  source: NestedProcess | undefined,
  target: NestedProcess | undefined,
): E {
  if (source !== undefined) event.SOURCE = source
  if (target !== undefined) event.TARGET = target
  return event
}
