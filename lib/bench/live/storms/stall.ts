/** stall: the consumer stands still during four seconds of a storm. */
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { atMost, type Check, check, type Figure, figure } from '../../figure.js'
import type { Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { needKernel } from '../able.js'
import { CONTESTANTS, type Contestant } from './contestants.js'
import { Field } from './field.js'
import { lossOf } from './figures.js'
import { type Made, make, together } from './load.js'
import type { Received } from './running.js'

const SUITE = 'stall'
const STALL_MS = 4_000
const CHUNK = 4_000
const WARM_UP = 2_000
/** A perf buffer tells what it lost with the next event that has room, on each CPU. */
const AFTERWARDS = 100

export const stall = stallOf(CONTESTANTS)

/** The first contestant is ours. */
export function stallOf(contestants: readonly Contestant[]): Suite {
  return {
    name: SUITE,
    about:
      'The consumer is frozen (SIGSTOP) for 4 s of vfork+exit, then goes on: what arrived of what was made, and what the ' +
      'sensor itself says it lost, on the whole machine. Everyone has the buffer that it has by default. We report in ' +
      'the stream (LOSS_ACCOUNTING) and in stats(); exitsnoop writes to stderr; bpftrace writes lost_events lines.',
    async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
      await needKernel()
      const field = new Field(SUITE, contestants)
      const figures: Figure[] = []
      const checks: Check[] = []
      const rounds = quick ? 1 : 3
      for (const one of field.with('exits')) {
        const stalls: Received[] = []
        for (let round = 0; round < rounds && stalls.length === round; round++) {
          progress(`${one.name}, round ${round + 1} of ${rounds}`)
          const received = await field.attempt(one, () => frozen(one))
          if (received !== undefined) stalls.push(received)
        }
        if (stalls.length < rounds) continue
        figures.push(...figuresOf(one, stalls))
        checks.push(...checksOf(one, stalls))
      }
      const bars = figures
        .filter(({ name }) => name.endsWith(LOSS))
        .map((it) => ({
          ...it,
          label: it.name.slice(0, -LOSS.length),
          isOurs: it.name.startsWith(contestants[0]!.name),
        }))
      const plot = { title: 'stall: events lost in 4 s', unit: '%', bars }
      return { figures, skips: field.skips(), checks, plot }
    },
  }
}

const LOSS = ': loss'

function figuresOf(one: Contestant, stalls: readonly Received[]): Figure[] {
  const make = (name: string, unit: string, of: (received: Received) => number, parts = {}) =>
    figure(SUITE, `${one.name}${name}`, unit, stalls.map(of), parts)
  return [
    make(LOSS, '%', lossOf, one.isOurs ? { target: atMost(0) } : {}),
    make(': events that were made', 'events', ({ expected }) => expected),
    make(': events that did not arrive', 'events', ({ expected, received }) => expected - received),
    make(': told as lost', 'events', ({ lost }) => lost),
  ]
}

/** Ours lost nothing that it did not tell. */
function checksOf(one: Contestant, stalls: readonly Received[]): Check[] {
  return stalls.map(({ expected, received, lost }, round) => {
    const told = one.isOurs ? received + Math.min(lost, Math.max(0, expected - received)) : Math.min(received, expected)
    const name = `${one.name}, round ${round + 1}: events, with those told as lost`
    return one.isOurs ? check(SUITE, name, expected, told) : check(SUITE, `${one.name}: events twice`, told, received)
  })
}

async function frozen(one: Contestant): Promise<Received> {
  const running = await one.start('exits')
  try {
    await make('exits', WARM_UP)
    await running.settle()
    running.freeze()
    const during = await makeForAWhile()
    running.thaw()
    await running.settle()
    const after = await make('exits', AFTERWARDS * cpus().length, cpus().length)
    await running.settle()
    return await running.end('exits', together([...during, after]))
  } finally {
    running.kill()
  }
}

async function makeForAWhile(): Promise<Made[]> {
  const made: Made[] = []
  const end = performance.now() + STALL_MS
  do made.push(await make('exits', CHUNK))
  while (performance.now() < end)
  return made
}
