/** Of each event: whether this machine lets it work, how, at what cost, and what to do where not. */
import type { Attachment, Coverage } from '../coverage.js'
import type { KernelwireError } from '../errors.js'
import { type EventName, SUPPORTED_HERE } from '../events/index.js'
import { BLIND_SPOTS } from '../linux/blind-spots.js'
import { costOf, remedyFor, rungOf } from './hooks.js'

export type State = 'works' | 'degraded' | 'impossible'

export interface Verdict {
  event: EventName
  state: State
  /** The hooks that it is made from. */
  hooks: readonly string[]
  /** The kinds of these hooks. */
  rungs: readonly string[]
  cost: readonly string[]
  blindSpots: readonly string[]
  /** Why it does not work, or not as well as it could. */
  reasons: readonly string[]
  remedies: readonly string[]
}

/** One of these must be attached, or the event never comes; for others, any that they need. */
const MAKERS: Partial<Record<EventName, readonly string[]>> = {
  NEW_PROCESS: ['process_exec', 'process_fork'],
  MODULE_LOAD: ['module_exec', 'module_map', 'module_mmap', 'module_calls', 'kernel_module'],
}

/** `outcome`: what a trial came to. */
export function verdictOn(event: EventName, outcome: Coverage | KernelwireError): Verdict {
  const blindSpots = BLIND_SPOTS[event] ?? []
  const none = { event, hooks: [], rungs: [], cost: [], blindSpots }
  if (!SUPPORTED_HERE.includes(event)) {
    const reason = `this version cannot produce it on ${process.platform === 'win32' ? 'Windows' : 'Linux'}`
    return { ...none, state: 'impossible', reasons: [reason], remedies: [] }
  }
  if (outcome instanceof Error) {
    const [reason = '', ...remedy] = outcome.message.split('; ')
    return { ...none, state: 'impossible', reasons: [reason], remedies: remedy.length === 0 ? [] : [remedy.join('; ')] }
  }
  const needed = outcome.attachments.filter(({ events }) => events.includes(event))
  const limits = (outcome.limits ?? []).filter(({ events }) => events.includes(event))
  const attached = needed.filter((attachment) => attachment.attached)
  const refused = needed.filter((attachment) => !attachment.attached)
  const makers = MAKERS[event]
  const state = stateOf(
    needed,
    makers === undefined ? needed : needed.filter(({ program }) => makers.includes(program)),
  )
  return {
    event,
    state: state === 'works' && limits.length > 0 ? 'degraded' : state,
    hooks: attached.map(({ hook }) => hook),
    rungs: unique(attached.map(({ hook }) => rungOf(hook))),
    cost: unique(attached.map(costOf)),
    blindSpots: unique([
      ...blindSpots,
      ...attached.flatMap((attachment) => attachment.blindSpots?.split('; ') ?? []),
      ...limits.map(({ text }) => text),
    ]),
    reasons: refused.map(({ hook, program, reason }) => `${hook || program}: ${reason ?? 'not attached'}`),
    remedies: unique([...refused.map(remedyFor), ...limits.map(({ remedy }) => remedy)]),
  }
}

function stateOf(needed: readonly Attachment[], makers: readonly Attachment[]): State {
  if (makers.length > 0 && makers.every(({ attached, program }) => !attached && !hasSubstitute(program))) {
    return 'impossible'
  }
  const isWhole = needed.every(({ attached, blindSpots }) => attached && blindSpots === undefined)
  return isWhole ? 'works' : 'degraded'
}

/** /proc stands in for a snapshot that the kernel refuses. */
function hasSubstitute(program: string): boolean {
  return program === 'task_snapshot'
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '')
}
