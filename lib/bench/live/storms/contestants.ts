/** Ours and its rivals. Each runs as its users would run it. */
import { onPath } from '../programs.js'
import { LOADS, type Load, type Made } from './load.js'
import { CONSUMER, Ours } from './ours.js'
import { type Form, Piped } from './piped.js'
import type { Running } from './running.js'
import { Snoop } from './snoop.js'
import { ofParents, ofPids, type Tally } from './tally.js'

export interface Contestant {
  name: string
  isOurs: boolean
  /** Debian has a package of it. */
  isPackaged: boolean
  /** The loads that it is measured with: those it tells anything about; ours with all. */
  loads: readonly Load[]
  /** Whether it is installed. */
  isHere(): boolean
  start(load: Load): Promise<Running>
}

/** `consumer`: a module that receives and tells as consumer.ts does. */
export function ours(consumer: string): Contestant {
  return {
    name: 'kernelwire',
    isOurs: true,
    isPackaged: false,
    loads: LOADS,
    isHere: () => true,
    start: (load) => Ours.start(consumer, load),
  }
}

const BPFTRACE = [
  'tracepoint:sched:sched_process_fork { printf("fork %d %d\\n", args->child_pid, args->parent_pid); }',
  'tracepoint:sched:sched_process_exec { printf("exec %d %s\\n", args->pid, str(args->filename)); }',
  'tracepoint:sched:sched_process_exit { printf("exit %d\\n", args->pid); }',
].join(' ')

const BPFTRACE_FORM: Form = {
  name: 'bpftrace',
  lagMs: 0,
  count({ byParent, byPid }: Tally, load: Load, { workers, pids }: Made) {
    const execs = load === 'execs' ? ofPids(byPid.exec, pids) : 0
    const received = ofParents(byParent.fork, workers) + ofPids(byPid.exit, pids) + execs
    return { expected: pids.length * (load === 'execs' ? 3 : 2), received }
  },
}

const ECS_FORM: Form = {
  name: 'ecs',
  // quark keeps events for a second, to put them in order and together.
  lagMs: 1_500,
  count: ({ byParent }: Tally, _load: Load, { workers, pids }: Made) => ({
    expected: pids.length,
    received: ofParents(byParent.process, workers),
  }),
}

export const CONTESTANTS: readonly Contestant[] = [
  ours(CONSUMER),
  rival('execsnoop', ['execs'], (program) => Snoop.start(program, [])),
  rival('exitsnoop', ['exits', 'threads'], (program, load) => Snoop.start(program, load === 'threads' ? ['-T'] : [])),
  rival('bpftrace', ['exits', 'threads', 'execs'], (program) =>
    Piped.start(program, ['-f', 'json', '-e', BPFTRACE], BPFTRACE_FORM),
  ),
  { ...rival('quark-mon', ['exits', 'execs'], (program) => Piped.start(program, ['-E'], ECS_FORM)), isPackaged: false },
]

function rival(
  name: string,
  loads: readonly Load[],
  start: (program: string, load: Load) => Promise<Running>,
): Contestant {
  return {
    name,
    isOurs: false,
    isPackaged: true,
    loads,
    isHere: () => onPath(name) !== undefined,
    start: (load) => start(onPath(name)!, load),
  }
}
