/**
 * etl: what it costs to read a recording of Windows events: to count what is in it, to take it to
 * documented events, to lines of JSON; compared with cat and with a plain walk over its headers.
 *
 * All in CPU time of all threads: what the disk takes is nobody's merit. The file is in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countEvents } from '../../../etl/counter.js'
import { EtlFile } from '../../../etl/file.js'
import { EtlPlayback } from '../../../etl/playback.js'
import { RawLines } from '../../../etl/raw-lines.js'
import { lineEncoder } from '../../../output/encoder.js'
import { pieces } from '../../../output/ndjson.js'
import { atLeast, atMost, type Check, check, type Figure, figure } from '../../figure.js'
import { ratios } from '../../statistics.js'
import type { Bar, Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { Child } from '../child.js'
import { etlPrograms } from '../programs.js'
import { atEnd } from '../undo.js'
import { type Workload, writeWorkload } from './workload.js'

const SUITE = 'etl'
const MIB = 2 ** 20
const GB = 1e9

const WORK = {
  cat: 'plain: cat to /dev/null',
  walk: 'plain: header walk in C++',
  count: 'plain: counting',
  countPacked: 'compressed: counting, bytes expanded',
  events: 'plain: events, of kernel events decoded',
  eventsPacked: 'compressed: events, of kernel events decoded',
  lines: 'plain: NDJSON, of kernel events decoded',
  raw: 'plain: --raw, of all events',
} as const
type Work = keyof typeof WORK

/** What one piece of work found in the file. */
interface Found {
  seconds: number
  events?: number
  processes?: number
  modules?: number
}

export const etl: Suite = {
  name: SUITE,
  about:
    'A generated recording of 512 MiB, plain and compressed (XPRESS), in the cache of the file system: counted by kind, ' +
    'taken to documented events (NEW_PROCESS, TERMINATE_PROCESS, MODULE_LOAD) and to NDJSON bytes, in bytes or decoded ' +
    'kernel events for each second of CPU time (all threads), and all events to lines of --raw. Compared with cat and ' +
    'with a C++ program that looks at nothing but size and time of each event.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const programs = etlPrograms()
    const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
    const isDone = atEnd(() => rmSync(folder, { recursive: true, force: true }))
    try {
      progress('writing the recordings')
      const plain = join(folder, 'plain.etl')
      const packed = join(folder, 'packed.etl')
      const bytes = (quick ? 32 : 512) * MIB
      const workload = writeWorkload(plain, bytes, false)
      writeWorkload(packed, bytes, true)
      const works: Record<Work, () => Promise<Found>> = {
        cat: () => catOf(programs.usage, plain),
        walk: () => walkOf(programs.walk, plain),
        count: () => countOf(plain),
        countPacked: () => countOf(packed),
        events: () => eventsOf(plain, () => undefined),
        eventsPacked: () => eventsOf(packed, () => undefined),
        lines: () => eventsOf(plain, toBytes()),
        raw: () => rawOf(plain),
      }
      const seconds = new Map<Work, number[]>()
      const checks: Check[] = []
      const rounds = 7
      // Round 0 is for the compiler and for the cache.
      for (let round = 0; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`)
        for (const name of Object.keys(works) as Work[]) {
          const found = await works[name]()
          if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), found.seconds])
          if (round === rounds) checks.push(...checksOf(name, found, workload))
        }
      }
      const figures = figuresOf(seconds, workload)
      return {
        figures,
        skips: [],
        checks,
        plot: {
          title: 'etl: bytes of a recording for each second of CPU',
          unit: 'GB/s',
          bars: barsOf(seconds, workload),
        },
      }
    } finally {
      isDone()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function catOf(usage: string, file: string): Promise<Found> {
  const child = new Child(usage, ['/bin/sh', '-c', 'exec cat "$0" > /dev/null', file])
  const [, user, system] = await child.numbers()
  return { seconds: (user! + system!) / 1e6 }
}

async function walkOf(walk: string, file: string): Promise<Found> {
  const [events, nanoseconds] = await new Child(walk, [file]).numbers()
  return { seconds: nanoseconds! / 1e9, events: events! }
}

async function countOf(file: string): Promise<Found> {
  const begin = cpuSeconds()
  const { totals } = await countEvents(file)
  return { seconds: cpuSeconds() - begin, events: totals.events }
}

type Batch = NonNullable<Awaited<ReturnType<EtlPlayback['next']>>>

async function eventsOf(file: string, sink: (batch: Batch) => void): Promise<Found> {
  const begin = cpuSeconds()
  const playback = await EtlPlayback.open(file)
  for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) sink(batch)
  const seconds = cpuSeconds() - begin
  const { events } = playback.file.totals()
  const { NEW_PROCESS: processes, MODULE_LOAD: modules } = playback.stream.delivered
  playback.close()
  return { seconds, events, processes, modules }
}

/** All that --raw does but the write. */
async function rawOf(file: string): Promise<Found> {
  const begin = cpuSeconds()
  const source = await EtlFile.open(file)
  const lines = new RawLines('json')
  let events = 0
  for (let count = await source.step(); count !== undefined; count = await source.step()) {
    for (let i = 0; i < count; i++) {
      if (lines.add(source.records, source.offsets[i]!)) events++
      if (lines.isFull) lines.take()
    }
  }
  const seconds = cpuSeconds() - begin
  source.close()
  return { seconds, events }
}

/** Into memory that is there already, as a write to a file or a socket does. */
function toBytes(): (batch: Batch) => void {
  const output = Buffer.alloc(2 * MIB)
  const line = lineEncoder()
  return (batch) => {
    for (const text of pieces(batch, line)) output.write(text)
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Whoever reads the file finds all that was written into it. */
function checksOf(work: Work, { events, processes, modules }: Found, workload: Workload): Check[] {
  const name = WORK[work]
  return [
    ...(events === undefined ? [] : [check(SUITE, `${name}: events`, workload.events, events)]),
    ...(processes === undefined ? [] : [check(SUITE, `${name}: NEW_PROCESS`, workload.processes, processes)]),
    ...(modules === undefined ? [] : [check(SUITE, `${name}: MODULE_LOAD`, workload.modules, modules)]),
  ]
}

function figuresOf(seconds: ReadonlyMap<Work, readonly number[]>, { bytes, events, decoded }: Workload): Figure[] {
  const rate = (work: Work, amount: number) => seconds.get(work)!.map((value) => amount / value)
  const speed = (work: Work) => rate(work, bytes / GB)
  const against = (work: Work, other: Work, name: string) => ({
    name,
    values: ratios(seconds.get(work)!, seconds.get(other)!),
  })
  return [
    figure(SUITE, WORK.cat, 'GB/s', speed('cat')),
    figure(SUITE, WORK.walk, 'GB/s', speed('walk')),
    figure(SUITE, WORK.count, 'GB/s', speed('count'), { target: atLeast(1.5) }),
    figure(SUITE, 'plain: counting, time', 's', seconds.get('count')!, {
      ratio: against('count', 'walk', 'times the walk'),
      target: atMost(1.5, 'ratio'),
    }),
    figure(SUITE, WORK.countPacked, 'GB/s', speed('countPacked'), { target: atLeast(0.25) }),
    figure(SUITE, WORK.events, 'events/s', rate('events', decoded), { target: atLeast(1e6) }),
    figure(SUITE, WORK.eventsPacked, 'events/s', rate('eventsPacked', decoded), { target: atLeast(1e6) }),
    figure(SUITE, WORK.lines, 'events/s', rate('lines', decoded)),
    figure(SUITE, WORK.raw, 'events/s', rate('raw', events), { target: atLeast(1.5e6) }),
  ]
}

function barsOf(seconds: ReadonlyMap<Work, readonly number[]>, { bytes }: Workload): Bar[] {
  return (Object.keys(WORK) as Work[]).map((work) => {
    const values = seconds.get(work)!.map((value) => bytes / GB / value)
    const { median, spread } = figure(SUITE, WORK[work], 'GB/s', values)
    return { label: WORK[work].replace(/, .*/, ''), median, spread, isOurs: work !== 'cat' && work !== 'walk' }
  })
}
