/**
 * modules: what it costs the rest of the machine that its mappings are seen, for each way to see
 * them where the kernel refuses programs on its functions.
 *
 * Not our sensor, but as little as each way takes: what its hooks cost those that they are not about.
 */
import { type Figure, figure, type Skip } from '../figure.js'
import { ratios } from '../statistics.js'
import type { Suite, SuiteOptions, SuiteResult } from '../suite.js'
import { needKernel } from './able.js'
import { Child } from './child.js'
import { mapPrograms } from './programs.js'

const SUITE = 'modules'
const WAYS = {
  none: 'alone',
  single: 'tracepoints of mmap and mprotect',
  all: 'tp_btf/sys_enter and sys_exit',
  perf: 'MMAP2 records',
} as const
const KINDS = {
  call: 'getppid',
  anonymous: 'mmap and munmap, anonymous',
  file: 'mmap and munmap of a file',
  code: 'mmap and munmap of code',
} as const
type Way = keyof typeof WAYS
type Kind = keyof typeof KINDS

export const modules: Suite = {
  name: SUITE,
  about:
    'CPU time of a call while the mappings of the whole machine are seen in one of three ways, in alternating rounds: the ' +
    'tracepoints of mmap and mprotect, two programs on every call, and MMAP2 records of perf.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    await needKernel()
    const programs = mapPrograms()
    const [rounds, scale] = quick ? [6, 1] : [15, 4]
    const costs = new Map<string, number[]>()
    const skips: Skip[] = []
    for (let round = 0; round < rounds; round++) {
      const ways = (Object.keys(WAYS) as Way[]).filter((way) => skips.every(({ name }) => name !== WAYS[way]))
      for (const way of round % 2 === 0 ? ways : ways.reverse()) {
        progress(`round ${round + 1} of ${rounds}: ${WAYS[way]}`)
        const watch = way === 'none' ? undefined : new Child(programs.watch, [programs.object, way])
        try {
          await watch?.line()
        } catch (error) {
          skips.push({ suite: SUITE, name: WAYS[way], reason: (error as Error).message, isRequirable: false })
          continue
        }
        for (const kind of Object.keys(KINDS) as Kind[]) {
          const count = (kind === 'call' ? 50_000 : 5_000) * scale
          const [ns] = await new Child(programs.cost, [kind, count]).numbers()
          const key = `${way} ${kind}`
          costs.set(key, [...(costs.get(key) ?? []), ns!])
        }
        watch?.end()
        await watch?.ended()
      }
    }
    const figures = (Object.keys(KINDS) as Kind[]).flatMap((kind) => figuresOf(kind, costs))
    const bars = figures.map(({ name, median, spread }) => ({
      label: name,
      median,
      spread,
      isOurs: !name.includes('MMAP2'),
    }))
    return { figures, skips, checks: [], plot: { title: 'modules: CPU of a call', unit: 'ns', bars } }
  },
}

function figuresOf(kind: Kind, costs: ReadonlyMap<string, readonly number[]>): Figure[] {
  const alone = costs.get(`none ${kind}`)!
  return (Object.keys(WAYS) as Way[]).flatMap((way) => {
    const values = costs.get(`${way} ${kind}`)
    if (values === undefined || values.length !== alone.length) return []
    const ratio = way === 'none' ? {} : { ratio: { name: WAYS.none, values: ratios(values, alone) } }
    return [figure(SUITE, `${KINDS[kind]}: ${WAYS[way]}`, 'ns', values, ratio)]
  })
}
