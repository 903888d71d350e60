/** Which programs which events need, what they cost, and what is lost without them. */
import type { Attachment, Coverage, Limit } from '../coverage.js'
import { ASKS } from '../decode/linux/layout.js'
import type { EventName } from '../events/index.js'
import type { Ladder, NativeProgram } from '../native.js'
import { BLIND_SPOTS } from './blind-spots.js'
import { wantOf } from './refusal.js'

interface Hook {
  program: string
  /** Where it is attached when the kernel lets it. */
  hook: string
  cost?: string
  blindSpots?: string
}

interface Need {
  /** The best first; of a rung, the first hook is the one that counts. */
  rungs: readonly (readonly Hook[])[]
  events: readonly EventName[]
}

/**
 * In the order of attaching: ends first, so that none that was announced can end unseen; then
 * execs, then forks, so that every fork that is seen has its exec seen.
 */
const LIFE_CYCLE_NEEDS: readonly Need[] = [
  {
    rungs: [[{ program: 'process_exit', hook: 'tp_btf/sched_process_exit' }]],
    events: ['TERMINATE_PROCESS', 'NEW_PROCESS', 'EXISTING_PROCESS'],
  },
  {
    rungs: [[{ program: 'process_exec', hook: 'tp_btf/sched_process_exec' }]],
    events: ['NEW_PROCESS', 'PROCESS_ENVIRONMENT', 'CODE_IDENTITY', 'ONGOING_IDENTITY'],
  },
  { rungs: [[{ program: 'process_fork', hook: 'tp_btf/sched_process_fork' }]], events: ['NEW_PROCESS'] },
]

const UNSEEN_BY_CALLS = 'shmat(SHM_EXEC); files that READ_IMPLIES_EXEC makes executable'
/** Figures: docs/architecture.md, Modules. */
const CALLS_COST = 'on every mapping of code some 80 ns'

/** Where the kernel lets nobody look at its functions, a call counts when it is seen to begin and to return. */
const UNSEEN_OF_32_BIT = 'what is called in the way of 32-bit programs, as any program can (int 0x80, x32)'
const UNSEEN_BEGINNING = 'calls that had begun before the sensor'
const UNSEEN_OF_FILES = `${UNSEEN_BEGINNING}; descriptors that another thread closes or replaces before the call returns`

/** Sees it return; and then the one that sees it begin: native/linux/bpf/begun.h. */
function oneCall(program: string, call: string, blindSpots?: string, cost?: string): Hook[] {
  const returns: Hook = { program, hook: `tp/syscalls/sys_exit_${call}` }
  if (cost !== undefined) returns.cost = cost
  if (blindSpots !== undefined) returns.blindSpots = `${UNSEEN_OF_32_BIT}; ${blindSpots}`
  return [returns, { program: `begin_${call}`, hook: `tp/syscalls/sys_enter_${call}` }]
}

function allCalls(program: string, blindSpots: string, cost: string): Hook[] {
  return [
    { program, hook: 'tp_btf/sys_exit', cost, blindSpots },
    { program: 'begin_calls', hook: 'tp_btf/sys_enter' },
  ]
}

const ONE_CALL_COST = 'on every system call of the machine some 25 ns'
const ALL_CALLS_COST = 'on every system call of the machine some 75 ns'

/** Behind the life cycle, so that what an exec has mapped comes after the exec. */
const MODULE_NEEDS: readonly Need[] = [
  { rungs: [[{ program: 'span_exit', hook: 'tp_btf/sched_process_exit' }]], events: ['MODULE_LOAD'] },
  { rungs: [[{ program: 'module_exec', hook: 'tp_btf/sched_process_exec' }]], events: ['MODULE_LOAD'] },
  {
    rungs: [
      [
        {
          program: 'module_map',
          hook: 'fentry/perf_event_mmap',
          cost: 'on every mapping of memory; other system calls are as before',
        },
      ],
      [
        ...oneCall('module_mmap', 'mmap', UNSEEN_BY_CALLS, `${ONE_CALL_COST}; ${CALLS_COST}`),
        ...oneCall('module_mprotect', 'mprotect'),
        ...oneCall('module_pkey_mprotect', 'pkey_mprotect'),
      ],
      allCalls('module_calls', UNSEEN_BY_CALLS, `${ALL_CALLS_COST}; ${CALLS_COST}`),
    ],
    events: ['MODULE_LOAD'],
  },
  { rungs: [[{ program: 'kernel_module', hook: 'tp_btf/module_load' }]], events: ['MODULE_LOAD'] },
]

/** Made of threads that begin because of another process. */
const THREAD_EVENTS = [
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
] as const satisfies readonly EventName[]
/** Made of what one process does to another one: also where it is only to know later who that was. */
const ACCESS_EVENTS = ['REMOTE_PROCESS_HANDLE', ...THREAD_EVENTS] as const satisfies readonly EventName[]

const OPEN_BLIND_SPOTS = `files that io_uring opens; ${UNSEEN_OF_FILES}`
const OPEN_COST = `${ONE_CALL_COST}, and more on each that opens a file`

const ACCESS_NEEDS: readonly Need[] = [
  {
    rungs: [
      [
        { program: 'traced_ptrace', hook: 'fexit/__x64_sys_ptrace', cost: 'on each ptrace only' },
        { program: 'traced_ptrace_32', hook: 'fexit/__ia32_compat_sys_ptrace' },
        { program: 'traced_ptrace_x32', hook: 'fexit/__x64_compat_sys_ptrace' },
      ],
      oneCall('access_ptrace', 'ptrace', UNSEEN_BEGINNING, ONE_CALL_COST),
      allCalls('access_calls', UNSEEN_BEGINNING, ALL_CALLS_COST),
    ],
    events: ACCESS_EVENTS,
  },
  ...(['readv', 'writev'] as const).map((name) => ({
    rungs: [
      [
        {
          program: `traced_${name}`,
          hook: `fexit/__x64_sys_process_vm_${name}`,
          cost: `on each process_vm_${name} only`,
        },
        { program: `traced_${name}_32`, hook: `fexit/__ia32_sys_process_vm_${name}` },
      ],
      oneCall(`access_${name}`, `process_vm_${name}`, UNSEEN_BEGINNING, ONE_CALL_COST),
      allCalls(`access_${name}_calls`, UNSEEN_BEGINNING, ALL_CALLS_COST),
    ],
    events: ACCESS_EVENTS,
  })),
  {
    rungs: [
      [{ program: 'memory_open', hook: 'fexit/mem_open', cost: 'on each open of /proc/PID/mem only' }],
      [
        ...oneCall('open_openat', 'openat', OPEN_BLIND_SPOTS, OPEN_COST),
        ...oneCall('open_openat2', 'openat2'),
        ...oneCall('open_open', 'open'),
        ...oneCall('open_creat', 'creat'),
        ...oneCall('open_open_by_handle_at', 'open_by_handle_at'),
      ],
      allCalls('open_calls', OPEN_BLIND_SPOTS, ALL_CALLS_COST),
    ],
    events: ACCESS_EVENTS,
  },
]

/** For a descriptor of a process, and for one that is taken from it. */
const PIDFD_NEEDS: readonly Need[] = (['pidfd', 'getfd'] as const).map((name) => {
  const call = name === 'pidfd' ? 'pidfd_open' : 'pidfd_getfd'
  return {
    rungs: [
      [
        { program: `traced_${name}`, hook: `fexit/__x64_sys_${call}`, cost: `on each ${call} only` },
        { program: `traced_${name}_32`, hook: `fexit/__ia32_sys_${call}` },
      ],
      oneCall(`access_${name}`, call, UNSEEN_BEGINNING, ONE_CALL_COST),
      allCalls(`access_${name}_calls`, UNSEEN_BEGINNING, ALL_CALLS_COST),
    ],
    events: ['REMOTE_PROCESS_HANDLE'],
  }
})

const PIPE_BLIND_SPOTS = `${OPEN_BLIND_SPOTS}; an open that waits for the other end, until that is there`
const WRITE_BLIND_SPOTS = `what io_uring writes to /proc/PID/mem; ${UNSEEN_OF_FILES}`

const THREAD_NEEDS: readonly Need[] = [
  {
    rungs: [
      [
        { program: 'track_exit', hook: 'tp_btf/sched_process_exit' },
        { program: 'track_exec', hook: 'tp_btf/sched_process_exec' },
      ],
    ],
    events: THREAD_EVENTS,
  },
  {
    rungs: [
      [
        { program: 'traced_begin', hook: 'fentry/__x64_sys_ptrace', cost: 'on each ptrace only' },
        { program: 'traced_begin_32', hook: 'fentry/__ia32_compat_sys_ptrace' },
        { program: 'traced_begin_x32', hook: 'fentry/__x64_compat_sys_ptrace' },
      ],
      [
        {
          program: 'begin_ptrace',
          hook: 'tp/syscalls/sys_enter_ptrace',
          cost: ONE_CALL_COST,
          blindSpots: UNSEEN_OF_32_BIT,
        },
      ],
      [{ program: 'begin_calls', hook: 'tp_btf/sys_enter', cost: ALL_CALLS_COST }],
    ],
    events: THREAD_EVENTS,
  },
  {
    rungs: [
      [{ program: 'memory_write', hook: 'fexit/mem_write', cost: 'on each write to /proc/PID/mem only' }],
      [
        ...oneCall(
          'write_write',
          'write',
          WRITE_BLIND_SPOTS,
          `${ONE_CALL_COST}, and more on each that writes to a file`,
        ),
        ...(['writev', 'pwrite64', 'pwritev', 'pwritev2'] as const).flatMap((call) => oneCall(`write_${call}`, call)),
      ],
      allCalls('write_calls', WRITE_BLIND_SPOTS, ALL_CALLS_COST),
    ],
    events: THREAD_EVENTS,
  },
  {
    rungs: [[{ program: 'remote_thread', hook: 'tp_btf/task_newtask', cost: 'on each new thread' }]],
    events: THREAD_EVENTS,
  },
]

const MAKE_BLIND_SPOTS = `where symbolic links in the path of a new pipe lead; what a new pipe is called whose name another thread or process writes to during the call; ${UNSEEN_BEGINNING}`

const PIPE_NEEDS: readonly Need[] = [
  {
    rungs: [
      [
        { program: 'fifo_made', hook: 'fexit/vfs_mknod', cost: 'on each file that mknod creates only' },
        { program: 'fifo_make', hook: 'fexit/security_path_mknod' },
      ],
      [...oneCall('fifo_mknodat', 'mknodat', MAKE_BLIND_SPOTS, ONE_CALL_COST), ...oneCall('fifo_mknod', 'mknod')],
      allCalls('fifo_make_calls', MAKE_BLIND_SPOTS, ALL_CALLS_COST),
    ],
    events: ['NEW_NAMED_PIPE'],
  },
  {
    rungs: [
      [
        { program: 'fifo_open', hook: 'fentry/fifo_open', cost: 'on each open of a pipe only' },
        { program: 'fifo_opened', hook: 'fexit/fifo_open' },
      ],
      [
        ...oneCall('fifo_openat', 'openat', PIPE_BLIND_SPOTS, OPEN_COST),
        ...oneCall('fifo_openat2', 'openat2'),
        ...oneCall('fifo_open_call', 'open'),
        ...oneCall('fifo_creat', 'creat'),
        ...oneCall('fifo_open_by_handle_at', 'open_by_handle_at'),
      ],
      allCalls('fifo_open_calls', PIPE_BLIND_SPOTS, ALL_CALLS_COST),
    ],
    events: ['OPEN_NAMED_PIPE'],
  },
]

/** Every event names processes: without one of these nothing would be known of those that begin. */
export const BEGINNINGS: readonly string[] = ['process_exec', 'process_fork']

export const MODULE_PROGRAMS = namesOf(MODULE_NEEDS)
export const ACCESS_PROGRAMS = namesOf(ACCESS_NEEDS)
export const PIPE_PROGRAMS = namesOf(PIPE_NEEDS)

/** What the programs that several events share are to tell: enum asks. `details`: whether records must have them. */
export function asksFor(events: ReadonlySet<EventName>, extended: boolean, details: boolean): number {
  return (
    (extended || details ? ASKS.DETAILS : 0) |
    (extended ? ASKS.DENIED : 0) |
    (events.has('PROCESS_ENVIRONMENT') ? ASKS.ENVIRONMENT : 0) |
    (THREAD_EVENTS.some((name) => events.has(name)) ? ASKS.THREADS : 0) |
    (ACCESS_EVENTS.some((name) => events.has(name)) ? ASKS.ACCESS : 0) |
    (events.has('NEW_NAMED_PIPE') || events.has('OPEN_NAMED_PIPE') ? ASKS.PIPES : 0) |
    (events.has('MODULE_LOAD') ? ASKS.MODULES : 0)
  )
}

/** One way to make an event out of the kernel. */
export interface Tier {
  hooks: readonly string[]
  /** Half sentences. */
  blindSpots: readonly string[]
}

/** Of each thing that the event needs the ways to get it, the best first. */
export function tiersOf(name: EventName): readonly (readonly Tier[])[] {
  const needs = needsOf(new Set([name])).filter(({ events }) => events.includes(name))
  const tiers = needs.map(({ rungs }) => rungs.map(tier))
  return name === 'EXISTING_PROCESS' ? [...tiers, SNAPSHOT_TIERS] : tiers
}

const SNAPSHOT_TIERS: readonly Tier[] = [
  { hooks: ['iter/task'], blindSpots: [] },
  { hooks: ['/proc'], blindSpots: ['starts to less than 10 ms'] },
]

function tier(rung: readonly Hook[]): Tier {
  const spots = rung.flatMap(({ blindSpots }) => blindSpots?.split('; ') ?? [])
  return { hooks: rung.map(({ hook }) => hook), blindSpots: [...new Set(spots)] }
}

/** What is attached for these events. */
export function laddersFor(events: ReadonlySet<EventName>, allAccess = false): Ladder[] {
  return needsOf(events, allAccess).map(({ rungs }) => rungs.map((rung) => rung.map(({ program }) => program)))
}

export function coverageOf(
  events: ReadonlySet<EventName>,
  programs: readonly NativeProgram[],
  allAccess = false,
  limits: readonly Limit[] = [],
): Coverage {
  const unseen = Object.entries(BLIND_SPOTS).filter(([name]) => events.has(name as EventName))
  const coverage: Coverage = {
    attachments: attachments(needsOf(events, allAccess), programs),
    blindSpots: Object.fromEntries(unseen),
    ...(limits.length === 0 ? {} : { limits }),
  }
  // What is mapped is known from the records of MODULE_LOAD only.
  if (events.has('CODE_IDENTITY') || events.has('ONGOING_IDENTITY')) {
    coverage.identities = events.has('MODULE_LOAD') ? 'executed and mapped' : 'executed'
  }
  return coverage
}

function attachments(needs: readonly Need[], programs: readonly NativeProgram[]): Attachment[] {
  return [...needs.flatMap((need) => ofNeed(need, programs)), snapshotAttachment(programs)]
}

function needsOf(events: ReadonlySet<EventName>, allAccess = false): Need[] {
  const others = [...MODULE_NEEDS, ...ACCESS_NEEDS, ...THREAD_NEEDS, ...PIPE_NEEDS, ...(allAccess ? PIDFD_NEEDS : [])]
  return [...LIFE_CYCLE_NEEDS, ...others.filter((need) => need.events.some((name) => events.has(name)))]
}

function namesOf(needs: readonly Need[]): readonly string[] {
  return [...new Set(needs.flatMap(({ rungs }) => rungs.flat()).map(({ program }) => program))]
}

/** Of the rung that is in use; where there is none, of the best. */
function ofNeed({ rungs, events }: Need, programs: readonly NativeProgram[]): Attachment[] {
  const stateOf = ({ program }: Hook) => {
    const tried = programs.filter(({ name }) => name === program)
    return tried.find(({ attached }) => attached) ?? tried[0]
  }
  const used = rungs.find(([first]) => stateOf(first!)?.attached)
  if (used !== undefined) {
    return used
      .filter((hook) => hook === used[0] || !isNoCall(stateOf(hook)))
      .map((hook) => attachment(hook, events, stateOf(hook)))
  }
  return [attachment(rungs[0]![0]!, events, stateOf(rungs[0]![0]!))]
}

function snapshotAttachment(programs: readonly NativeProgram[]): Attachment {
  const state = programs.find(({ name }) => name === 'task_snapshot')
  const result = attachment({ program: 'task_snapshot', hook: 'iter/task' }, ['EXISTING_PROCESS'], state)
  if (!result.attached) result.reason = `${result.reason}; /proc is read instead, which has starts in 10 ms ticks`
  return result
}

/** What the kernel does not describe among its types, or has no tracepoint for. */
const ESRCH = 3
const ENOENT = 2

/** Nobody can make a call that the kernel does not have: one of 32 bits, say. */
function isNoCall(state: NativeProgram | undefined): boolean {
  return state !== undefined && !state.attached && (state.errno === ESRCH || state.errno === ENOENT)
}

function whyNot(state: NativeProgram | undefined): Pick<Attachment, 'reason' | 'remedy'> {
  if (state === undefined) return { reason: 'not tried' }
  const { errno, reason } = state
  return (
    wantOf(errno) ?? { reason: errno === ESRCH ? 'this kernel has no such hook' : `the kernel refuses it: ${reason}` }
  )
}

function attachment(need: Hook, events: readonly EventName[], state: NativeProgram | undefined): Attachment {
  if (state?.attached) {
    const { cost, blindSpots } = need
    return {
      program: need.program,
      hook: state.hook,
      attached: true,
      events,
      ...(cost === undefined ? {} : { cost }),
      ...(blindSpots === undefined ? {} : { blindSpots }),
    }
  }
  return {
    program: need.program,
    hook: need.hook,
    attached: false,
    events,
    ...whyNot(state),
    details: state?.log ?? '',
  }
}
