/**
 * ring: records that a program puts into the kernel's ring, visited in JavaScript, against a C
 * consumer on libbpf that counts them.
 *
 * The producer is a process of its own (test/bench/programs/producer.c). It finds our ring by the
 * ids of its maps, so the addon needs nothing for it: a source without programs has a ring too.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atMost, type Check, check, type Figure, figure } from '../figure.js'
import { ratios } from '../statistics.js'
import type { Bar, Suite, SuiteOptions, SuiteResult } from '../suite.js'
import { Child } from './child.js'
import { ringPrograms } from './programs.js'

const SUITE = 'ring'
const RING_BYTES = 16 * 2 ** 20
const RECORD_BYTES = [64, 256, 1_024]

export const ring: Suite = {
  name: SUITE,
  about:
    'Records of 64, 256 and 1,024 bytes, put into a 16 MiB ring by a program on a system call: CPU time of the whole ' +
    "consumer for each record. Ours is Node with the addon, its ring mapped, each record's header read in " +
    'JavaScript; the other one is C on libbpf (ring_buffer__consume) and counts. Both sleep and pause alike.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const programs = ringPrograms()
    const [pairs, count] = quick ? [3, 300_000] : [15, 1_000_000]
    const figures: Figure[] = []
    const checks: Check[] = []
    const bars: Bar[] = []
    for (const recordBytes of RECORD_BYTES) {
      const ours: number[] = []
      const theirs: number[] = []
      for (let pair = 0; pair < pairs; pair++) {
        progress(`records of ${recordBytes} bytes, pair ${pair + 1} of ${pairs}`)
        for (const consumer of pair % 2 === 0 ? [inC, inJavaScript] : [inJavaScript, inC]) {
          const outcome = await consumer(programs, recordBytes, count)
          ;(consumer === inJavaScript ? ours : theirs).push(outcome.cpuNs / outcome.received)
          checks.push(
            check(
              SUITE,
              `${consumer.name}, ${recordBytes} bytes, pair ${pair + 1}`,
              outcome.produced,
              outcome.received,
            ),
          )
        }
      }
      const name = `record of ${recordBytes} bytes`
      const parts = { ratio: { name: 'the C consumer', values: ratios(ours, theirs) }, target: atMost(1.4, 'ratio') }
      const mine = figure(SUITE, `${name}: visited in JavaScript`, 'ns', ours, parts)
      const other = figure(SUITE, `${name}: counted in C`, 'ns', theirs)
      figures.push(mine, other)
      bars.push(
        ...[mine, other].map((one) => ({
          label: one.name,
          median: one.median,
          spread: one.spread,
          isOurs: one === mine,
        })),
      )
    }
    return {
      figures,
      skips: [],
      checks,
      plot: { title: 'ring: CPU of the consumer for each record', unit: 'ns', bars },
    }
  },
}

type Programs = ReturnType<typeof ringPrograms>

/** Of a consumer, since it started. */
interface Told {
  received: number
  cpuNs: number
}

interface Outcome extends Told {
  produced: number
}

async function inC(programs: Programs, recordBytes: number, count: number): Promise<Outcome> {
  const consumer = new Child(programs.consumer, [RING_BYTES])
  const outcome = await consumed(programs, await consumer.numbers(), recordBytes, count, async () => {
    consumer.say('tell')
    const [received, cpuNs] = await consumer.numbers()
    return { received: received!, cpuNs: cpuNs! }
  })
  consumer.end()
  await consumer.ended()
  return outcome
}

async function inJavaScript(programs: Programs, recordBytes: number, count: number): Promise<Outcome> {
  const consumer = fork(fileURLToPath(new URL('visitor.js', import.meta.url)), [String(RING_BYTES)])
  const [maps] = (await once(consumer, 'message')) as [number[]]
  const outcome = await consumed(programs, maps, recordBytes, count, async () => {
    consumer.send('tell')
    const [told] = (await once(consumer, 'message')) as [Told]
    return told
  })
  consumer.disconnect()
  await once(consumer, 'exit')
  return outcome
}

/** Once to warm up (a sensor runs for days, a compiler for moments), once measured. */
async function consumed(
  { producer, object }: Programs,
  maps: readonly number[],
  recordBytes: number,
  count: number,
  tell: () => Promise<Told>,
): Promise<Outcome> {
  const child = new Child(producer, [object, ...maps, RING_BYTES, recordBytes])
  await child.line()
  const produce = async () => {
    child.say(String(count))
    const [produced] = await child.numbers()
    return { produced: produced!, ...(await tell()) }
  }
  const before = await produce()
  const after = await produce()
  child.end()
  await child.ended()
  return {
    produced: after.produced - before.produced,
    received: after.received - before.received,
    cpuNs: after.cpuNs - before.cpuNs,
  }
}
