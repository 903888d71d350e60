/** One event of any name, with as much said of it as a test cares for. */
import { buildRouting } from '../build/routing.js'
import { type EventName, type EventOf, type EventRecord, isEvent } from '../events/index.js'
import { BEGAN_MS, testEnvelope, testIds } from './identity.js'

/** Fields of `event` that are to differ from the usual ones; one that is given as undefined is absent. */
export type EventBody<N extends EventName> = {
  [Key in keyof EventOf<N>['event']]?: EventOf<N>['event'][Key] | undefined
}
/** The same of `routing`. */
export type EventRouting<N extends EventName> = {
  [Key in keyof EventOf<N>['routing']]?: EventOf<N>['routing'][Key] | undefined
}

const ENVELOPE = testEnvelope()
const IDS = testIds('single events')

/**
 * An event that satisfies its schema, with usual values for what is not said. Each has its own ids;
 * `TIMESTAMP` and `routing.event_time` are equal unless both are given.
 *
 * @example buildEvent('NEW_PROCESS', { FILE_PATH: '/bin/sh', COMMAND_LINE: 'sh -c id' })
 */
export function buildEvent<const N extends EventName>(
  name: N,
  body: EventBody<N> = {},
  routing: EventRouting<N> = {},
): EventOf<N> {
  IDS.next()
  const { TIMESTAMP } = body as { TIMESTAMP?: number }
  const time = routing.event_time ?? TIMESTAMP ?? BEGAN_MS
  const usual = USUAL[name](time)
  const parties = partiesOf({ ...usual, ...body })
  const built = buildRouting(ENVELOPE, name, time, IDS.eventId(), IDS.atom(time), undefined)
  return {
    routing: present({ ...built, ...parties, ...routing }),
    event: present({ ...usual, ...body }),
  } as unknown as EventOf<N>
}

const DIGESTS = {
  HASH: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  HASH_SHA1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  HASH_MD5: 'd41d8cd98f00b204e9800998ecf8427e',
}

const process = (TIMESTAMP: number) => ({
  PROCESS_ID: 1_000,
  PARENT_PROCESS_ID: 1,
  FILE_PATH: '/usr/bin/true',
  COMMAND_LINE: 'true',
  BASE_ADDRESS: 0x5555_5555_4000,
  THREADS: 1,
  USER_NAME: 'root',
  USER_ID: 0,
  TIMESTAMP,
})

const file = (TIMESTAMP: number) => ({
  MEMORY_SIZE: 0,
  FILE_PATH: '/usr/bin/true',
  TIMESTAMP,
  ...DIGESTS,
  ERROR: 0,
  FILE_SIZE: 0,
  MODIFICATION_TIME: TIMESTAMP,
})

const upon = { PARENT_PROCESS_ID: 1_000, PROCESS_ID: 1_001 }

const pipe = () => ({ FILE_PATH: '/tmp/pipe', PROCESS_ID: 1_000 })

/** `event` in its key order, by name. */
const USUAL: { [Name in EventName]: (time: number) => object } = {
  NEW_PROCESS: process,
  EXISTING_PROCESS: process,
  TERMINATE_PROCESS: (TIMESTAMP) => ({ PARENT_PROCESS_ID: 1, TIMESTAMP, PROCESS_ID: 1_000 }),
  PROCESS_ENVIRONMENT: () => ({ ENVIRONMENT_VARIABLES: ['PATH=/usr/bin:/bin'], PROCESS_ID: 1_000 }),
  MODULE_LOAD: (TIMESTAMP) => ({
    MEMORY_SIZE: 0x1000,
    PROCESS_ID: 1_000,
    FILE_PATH: '/usr/lib/libc.so.6',
    MODULE_NAME: 'libc.so.6',
    TIMESTAMP,
    BASE_ADDRESS: 0x7fff_f7c0_0000,
  }),
  CODE_IDENTITY: file,
  ONGOING_IDENTITY: file,
  NEW_NAMED_PIPE: pipe,
  OPEN_NAMED_PIPE: pipe,
  REMOTE_PROCESS_HANDLE: () => ({ ACCESS_FLAGS: 0x10, ...upon }),
  NEW_REMOTE_THREAD: () => ({ THREAD_ID: 1_002, ...upon }),
  SENSITIVE_PROCESS_ACCESS: (event_time) => ({
    EVENTS: [
      buildEvent('EXISTING_PROCESS', { PROCESS_ID: upon.PROCESS_ID }, { event_time }),
      buildEvent('REMOTE_PROCESS_HANDLE', {}, { event_time }),
    ],
  }),
  THREAD_INJECTION: (event_time) => ({
    EVENTS: [
      buildEvent('REMOTE_PROCESS_HANDLE', { ACCESS_FLAGS: 0x2a }, { event_time }),
      buildEvent('NEW_REMOTE_THREAD', {}, { event_time }),
    ],
  }),
  LOSS_ACCOUNTING: (TO) => ({ LOST: { EXIT: 1 }, BYTES: 40, REASON: 'RING_FULL', FROM: TO, TO }),
}

/** The atoms in `routing` are those of the processes that the event holds. */
function partiesOf(body: Record<string, unknown>): { parent?: string | undefined; target?: string | undefined } {
  const { PARENT, SOURCE, TARGET, EVENTS } = body as {
    [role in 'PARENT' | 'SOURCE' | 'TARGET']?: { THIS_ATOM: string }
  } & { EVENTS?: readonly EventRecord[] }
  const last = EVENTS?.at(-1)
  if (last !== undefined) {
    const isTargeted = isEvent(last, 'REMOTE_PROCESS_HANDLE') || isEvent(last, 'NEW_REMOTE_THREAD')
    return { parent: last.routing.parent, target: isTargeted ? last.routing.target : undefined }
  }
  return { parent: (PARENT ?? SOURCE)?.THIS_ATOM, target: TARGET?.THIS_ATOM }
}

function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
