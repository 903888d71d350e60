/**
 * ring: records that a program puts into the kernel's ring, visited in JavaScript, against a C
 * consumer on libbpf that counts them.
 *
 * The producer is a process of its own (test/bench/programs/producer.c). It finds our ring by the
 * ids of its maps, so the addon needs nothing for it: a source without programs has a ring too.
 */
import { fileURLToPath } from 'node:url'
import { atMost, type Check, check, type Figure, figure } from '../figure.js'
import { ratios } from '../statistics.js'
import type { Suite, SuiteOptions, SuiteResult } from '../suite.js'
import { needKernel } from './able.js'
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
    await needKernel()
    const programs = ringPrograms()
    const [pairs, count] = quick ? [7, 200_000] : [15, 1_000_000]
    const checks: Check[] = []
    const costs = new Map(RECORD_BYTES.map((bytes) => [bytes, { inC: [] as number[], inJavaScript: [] as number[] }]))
    // All sizes in each round: what changes slowly on the machine shows in the spread of each.
    for (let pair = 0; pair < pairs; pair++) {
      progress(`pair ${pair + 1} of ${pairs}`)
      for (const [recordBytes, cost] of costs) {
        for (const consumer of pair % 2 === 0 ? [inC, inJavaScript] : [inJavaScript, inC]) {
          const { produced, received, cpuNs } = await consumer(programs, recordBytes, count)
          cost[consumer === inC ? 'inC' : 'inJavaScript'].push(cpuNs / received)
          checks.push(check(SUITE, `${consumer.name}, ${recordBytes} bytes, pair ${pair + 1}`, produced, received))
        }
      }
    }
    const figures = [...costs].flatMap(([bytes, cost]) => figuresOf(bytes, cost.inJavaScript, cost.inC))
    const bars = figures.map((one) => ({ ...one, label: one.name, isOurs: one.ratio !== null }))
    return {
      figures,
      skips: [],
      checks,
      plot: { title: 'ring: CPU of the consumer for each record', unit: 'ns', bars },
    }
  },
}

function figuresOf(recordBytes: number, ours: readonly number[], theirs: readonly number[]): Figure[] {
  const name = `record of ${recordBytes} bytes`
  const ratio = { name: 'the C consumer', values: ratios(ours, theirs) }
  return [
    figure(SUITE, `${name}: visited in JavaScript`, 'ns', ours, { ratio, target: atMost(1.4, 'ratio') }),
    figure(SUITE, `${name}: counted in C`, 'ns', theirs),
  ]
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
  return consumed(programs, consumer, await consumer.numbers(), recordBytes, count, async () => {
    consumer.say('tell')
    const [received, cpuNs] = await consumer.numbers()
    return { received: received!, cpuNs: cpuNs! }
  })
}

async function inJavaScript(programs: Programs, recordBytes: number, count: number): Promise<Outcome> {
  const consumer = Child.ofModule(fileURLToPath(new URL('visitor.js', import.meta.url)), [RING_BYTES])
  return consumed(programs, consumer, await consumer.message<number[]>(), recordBytes, count, () => {
    consumer.send('tell')
    return consumer.message<Told>()
  })
}

/** Once to warm up (a sensor runs for days, a compiler for moments), once measured. */
async function consumed(
  { producer, object }: Programs,
  consumer: Child,
  maps: readonly number[],
  recordBytes: number,
  count: number,
  tell: () => Promise<Told>,
): Promise<Outcome> {
  const child = new Child(producer, [object, ...maps, RING_BYTES, recordBytes])
  try {
    await child.line()
    const produce = async () => {
      child.say(String(count))
      const [produced] = await child.numbers()
      return { produced: produced!, ...(await tell()) }
    }
    const before = await produce()
    const after = await produce()
    for (const one of [child, consumer]) one.end()
    for (const one of [child, consumer]) await one.ended()
    return {
      produced: after.produced - before.produced,
      received: after.received - before.received,
      cpuNs: after.cpuNs - before.cpuNs,
    }
  } finally {
    child.kill()
    consumer.kill()
  }
}
