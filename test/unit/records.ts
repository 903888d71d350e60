/** Whole records to test with. */
import type {
  EventName,
  EventOf,
  LossAccounting,
  NewProcess,
  Routing,
  TerminateProcess,
} from '../../lib/events/index.js'

const TIME = 1_764_000_000_000

export function routing<N extends EventName>(name: N): Routing & { event_type: N } {
  return {
    oid: '00000000-0000-0000-0000-000000000000',
    iid: '00000000-0000-0000-0000-000000000000',
    sid: '5e9f6a52-1f2b-8c3d-9e4f-0123456789ab',
    did: '',
    hostname: 'host',
    ext_ip: '',
    int_ip: '192.0.2.7',
    plat: 0x20000000,
    arch: 2,
    moduleid: 2,
    tags: [],
    event_type: name,
    event_time: TIME,
    event_id: '11111111-2222-4333-8444-555555555555',
    this: '00112233445566778899aabb69249300',
  } as Routing & { event_type: N }
}

export function newProcess(event: Partial<NewProcess['event']> = {}): NewProcess {
  return {
    routing: { ...routing('NEW_PROCESS'), parent: 'aabbccddeeff00112233445569249301' },
    event: {
      PROCESS_ID: 4711,
      PARENT_PROCESS_ID: 42,
      FILE_PATH: '/usr/bin/true',
      COMMAND_LINE: 'true',
      BASE_ADDRESS: 0x555555554000,
      MEMORY_USAGE: 4096,
      THREADS: 1,
      USER_NAME: 'root',
      USER_ID: 0,
      TIMESTAMP: TIME,
      PARENT: {
        PROCESS_ID: 42,
        PARENT_PROCESS_ID: 1,
        FILE_PATH: '/usr/bin/bash',
        COMMAND_LINE: 'bash',
        CREATION_TIME: TIME - 10_000,
        THIS_ATOM: 'aabbccddeeff00112233445569249301',
        TIMESTAMP: TIME - 5_000,
      },
      ...event,
    },
  }
}

export function terminateProcess(pid = 4711): TerminateProcess {
  return {
    routing: { ...routing('TERMINATE_PROCESS'), parent: '00112233445566778899aabb69249300' },
    event: { PARENT_PROCESS_ID: 42, TIMESTAMP: TIME, PROCESS_ID: pid },
  }
}

export function loss(lost: LossAccounting['event']['LOST']): EventOf<'LOSS_ACCOUNTING'> {
  return {
    routing: routing('LOSS_ACCOUNTING'),
    event: { LOST: lost, BYTES: 4096, REASON: 'RING_FULL', FROM: TIME, TO: TIME + 5 },
  }
}
