/**
 * The rounds of the decode suite, in several processes, one after the other.
 *
 * What the compiler makes of the same code differs from one process to the next, by up to a factor of two for a kind of
 * event. A spread that came from one process would not show that, and two runs would not always agree within it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Rounds } from '../micro.js'
import { PROGRAMS } from './compared.js'

export interface Plan extends Rounds {
  /** For each of the programs. */
  processes: number
  /** As many of them find out what is allocated, too, which takes as long as a short round. */
  weighing: number
}

/** What one process is told to measure. */
export interface Task extends Rounds {
  program: number
  isWeighing: boolean
}

/** Of each kind of work, by name, in the order of the suite. */
export interface Measured {
  /** CPU for each event: one value for each round of each process. */
  nanoseconds: Map<string, number[]>
  /** Allocated for each event: one value for each weighing process. */
  bytes: Map<string, number[]>
}

/** What one process sends. */
export type Sent = { name: string; nanoseconds: number[]; bytes: number[] }[]

const ROUNDS = fileURLToPath(new URL('rounds.js', import.meta.url))

export async function measure(plan: Plan, progress: (what: string) => void): Promise<Measured> {
  const { processes, weighing, ...rounds } = plan
  const measured: Measured = { nanoseconds: new Map(), bytes: new Map() }
  for (let i = 1; i <= processes; i++) {
    progress(`process ${i} of ${processes}`)
    for (const program of PROGRAMS.keys()) {
      for (const { name, nanoseconds, bytes } of await sentBy({ program, isWeighing: i <= weighing, ...rounds })) {
        append(measured.nanoseconds, name, nanoseconds)
        append(measured.bytes, name, bytes)
      }
    }
  }
  return measured
}

async function sentBy(task: Task): Promise<Sent> {
  const child = fork(ROUNDS, [JSON.stringify(task)], { serialization: 'advanced' })
  let sent: Sent | undefined
  child.on('message', (message) => {
    sent = message as Sent
  })
  const [status, signal] = await once(child, 'close')
  if (sent === undefined) throw new Error(`a process of its rounds ended early (${signal ?? `status ${status}`})`)
  return sent
}

function append(lists: Map<string, number[]>, name: string, values: readonly number[]): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [...values])
  else list.push(...values)
}
