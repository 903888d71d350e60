/** Which programs which events need, and what is lost without them. */
import type { Attachment } from '../coverage.js'
import type { EventName } from '../events/index.js'
import type { NativeProgram } from '../native.js'

interface Need {
  program: string
  /** Where it is attached when the kernel lets it. */
  hook: string
  events: readonly EventName[]
}

/**
 * In the order of attaching: ends first, so that none that was announced can end unseen; then
 * execs, then forks, so that every fork that is seen has its exec seen.
 */
const NEEDS: readonly Need[] = [
  {
    program: 'process_exit',
    hook: 'tp_btf/sched_process_exit',
    events: ['TERMINATE_PROCESS', 'NEW_PROCESS', 'EXISTING_PROCESS'],
  },
  { program: 'process_exec', hook: 'tp_btf/sched_process_exec', events: ['NEW_PROCESS', 'PROCESS_ENVIRONMENT'] },
  { program: 'process_fork', hook: 'tp_btf/sched_process_fork', events: ['NEW_PROCESS'] },
]

/** One of them is enough; the sleepable one reads the arguments as well. */
const SNAPSHOT_PROGRAMS = ['task_snapshot_arguments', 'task_snapshot']

/** Every event names processes, so the table needs the whole life cycle whatever was asked for. */
export const LIFE_CYCLE: readonly string[] = NEEDS.map((need) => need.program)

export function attachments(programs: readonly NativeProgram[]): Attachment[] {
  const lifeCycle = NEEDS.map((need) => {
    const state = programs.find((program) => program.name === need.program)
    return attachment(need, state)
  })
  return [...lifeCycle, snapshotAttachment(programs)]
}

function snapshotAttachment(programs: readonly NativeProgram[]): Attachment {
  const tried = programs.filter((program) => SNAPSHOT_PROGRAMS.includes(program.name))
  const used = tried.find((program) => program.attached) ?? tried.at(-1)
  const need = { program: used?.name ?? 'task_snapshot', hook: 'iter/task', events: ['EXISTING_PROCESS'] as const }
  const result = attachment(need, used)
  if (!result.attached) result.reason = `${result.reason}; /proc is read instead, which has starts in 10 ms ticks`
  return result
}

function attachment(need: Need, state: NativeProgram | undefined): Attachment {
  if (state?.attached) {
    return { program: need.program, hook: state.hook, attached: true, events: need.events }
  }
  return {
    program: need.program,
    hook: need.hook,
    attached: false,
    events: need.events,
    reason: state === undefined ? 'not tried' : `the kernel refuses it: ${state.reason}`,
    details: state?.log ?? '',
  }
}
