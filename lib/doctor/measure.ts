/**
 * What the attached programs cost, by the kernel's own count (bpf_stats) while processes come and go.
 *
 * The kernel tells of each program that this process holds how often it ran and how long, and of each
 * link to which hook it leads: in /proc/self/fdinfo, so nothing else need be installed.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { KernelwireError } from '../errors.js'

export interface Measured {
  hook: string
  runs: number
  /** On average. The kernel's own counting is some 50 of them. */
  nsPerRun: number
}

const STATS = '/proc/sys/kernel/bpf_stats_enabled'
const STARTS = 200

export async function measure(): Promise<Measured[]> {
  const before = await readFile(STATS, 'utf8').catch(() => '')
  await writeFile(STATS, '1').catch((cause) => {
    const sentence = `the kernel cannot be asked to measure (${STATS} cannot be written); run it as root, or leave out --measure`
    throw new KernelwireError('ERR_PRIVILEGE', sentence, { cause })
  })
  try {
    const earlier = await runsByHook()
    for (let start = 0; start < STARTS; start++) await promisify(execFile)('/bin/true')
    const later = await runsByHook()
    return [...later].flatMap(([hook, { runs, ns }]) => {
      const from = earlier.get(hook) ?? { runs: 0, ns: 0 }
      const count = runs - from.runs
      return count === 0 ? [] : [{ hook, runs: count, nsPerRun: Math.round((ns - from.ns) / count) }]
    })
  } finally {
    await writeFile(STATS, before.trim())
  }
}

interface Runs {
  runs: number
  ns: number
}

/** Of several programs at one hook, together. */
async function runsByHook(): Promise<Map<string, Runs>> {
  const programs = new Map<string, Runs>()
  const hooks = new Map<string, string>()
  for (const descriptor of await readdir('/proc/self/fdinfo')) {
    const text = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8').catch(() => '')
    const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(text)?.[1]
    const id = field('prog_id')
    const runs = field('run_cnt')
    const link = field('link_type')
    if (id === undefined) continue
    if (runs !== undefined) programs.set(id, { runs: Number(runs), ns: Number(field('run_time_ns')) })
    if (link !== undefined) hooks.set(id, hookOf(link, field))
  }
  const byHook = new Map<string, Runs>()
  for (const [id, { runs, ns }] of programs) {
    const hook = hooks.get(id) ?? `program ${id}`
    const sum = byHook.get(hook) ?? { runs: 0, ns: 0 }
    byHook.set(hook, { runs: sum.runs + runs, ns: sum.ns + ns })
  }
  return byHook
}

/** As sensor.coverage names it, where the kernel says enough. */
function hookOf(link: string, field: (name: string) => string | undefined): string {
  const point = field('tp_name')
  if (point !== undefined) return link === 'raw_tracepoint' ? `tp_btf/${point}` : `tp/${point.replace(':', '/')}`
  const target = field('target_name')
  return target === undefined ? link : `${link}/${target}`
}
