/**
 * hashing: how late a program's event loop is while the sensor in it has files hashed, against the
 * same sensor while there is nothing to hash.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { atMost, type Check, check, type Figure, figure } from '../../figure.js'
import { ratios } from '../../statistics.js'
import type { Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { needKernel } from '../able.js'
import { Child } from '../child.js'
import { atEnd } from '../undo.js'
import type { Delays } from './consumer.js'

const SUITE = 'hashing'
const CONSUMER = fileURLToPath(new URL('consumer.js', import.meta.url))
const FILE_BYTES = 20e6
/** A program that ends at once; what a file has behind it is hashed and not run. */
const PROGRAM = '/bin/true'
const LOOK_AGAIN_MS = 100
const LIMIT_MS = 600_000

const LATE = { half: 'median', most: '99 %', nearlyAll: '99.9 %', longest: 'longest' } as const
type Late = keyof typeof LATE

export const hashing: Suite = {
  name: SUITE,
  about:
    'Delay of the event loop, asked every millisecond, in a program that has a sensor with CODE_IDENTITY, while 500 programs ' +
    'of 20 MB are executed and hashed (60 in a quick run), and for the same time while the same programs are executed again, ' +
    'which are known. Medians of the rounds; the longest delay of a shared machine is often that of another machine.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    await needKernel()
    const [rounds, count] = quick ? [2, 60] : [3, 500]
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernelwire-bench-')))
    const isDone = atEnd(() => rmSync(folder, { recursive: true, force: true }))
    const consumer = Child.ofModule(CONSUMER, [folder])
    const checks: Check[] = []
    const hashed: Delays[] = []
    const known: Delays[] = []
    try {
      await consumer.message()
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}: ${count} files`)
        const files = newFiles(join(folder, `${round}`), count)
        const before = await tell(consumer)
        const startMs = performance.now()
        consumer.send('measure')
        execute(files)
        const delays = await whenSettled(consumer, before, count)
        checks.push(check(SUITE, `round ${round}: files`, count, delays.hashed - before.hashed))
        hashed.push(delays)

        progress(`round ${round} of ${rounds}: the same files, known`)
        const tookMs = performance.now() - startMs
        consumer.send('measure')
        execute(files)
        await delay(tookMs)
        known.push(await tell(consumer))
        rmSync(join(folder, `${round}`), { recursive: true })
      }
    } finally {
      consumer.end()
      await consumer.ended()
      rmSync(folder, { recursive: true, force: true })
      isDone()
    }
    const figures = (Object.keys(LATE) as Late[]).flatMap((late) => figuresOf(late, hashed, known))
    const bars = figures.map(({ name, median, spread }) => ({
      label: name,
      median,
      spread,
      isOurs: name.startsWith('hashing'),
    }))
    return { figures, skips: [], checks, plot: { title: 'hashing: delay of the event loop', unit: 'ms', bars } }
  },
}

/** Of another identity each, and mostly holes: what is hashed comes from no disk. */
function newFiles(folder: string, count: number): string[] {
  mkdirSync(folder)
  return Array.from({ length: count }, (_, i) => {
    const file = join(folder, `${i}`)
    copyFileSync(PROGRAM, file)
    truncateSync(file, FILE_BYTES)
    return file
  })
}

function execute(files: readonly string[]): void {
  for (const file of files) {
    const { status, error } = spawnSync(file)
    if (status !== 0) throw new Error(`${file}: ${error?.message ?? `status ${status}`}`)
  }
}

async function whenSettled(consumer: Child, before: Delays, count: number): Promise<Delays> {
  const endMs = performance.now() + LIMIT_MS
  for (;;) {
    const delays = await tell(consumer)
    if (delays.hashed + delays.failed - before.hashed - before.failed >= count) return delays
    if (performance.now() > endMs) throw new Error(`${count} files take longer than ${LIMIT_MS / 1e3} s`)
    await delay(LOOK_AGAIN_MS)
  }
}

async function tell(consumer: Child): Promise<Delays> {
  consumer.send('tell')
  return consumer.message<Delays>()
}

function figuresOf(late: Late, hashed: readonly Delays[], known: readonly Delays[]): Figure[] {
  const [ours, others] = [hashed, known].map((delays) => delays.map((each) => each[late]))
  const parts = {
    ...(late === 'longest' ? { target: atMost(20) } : {}),
    // Where nothing was late there is nothing to divide by.
    ...(others!.every((value) => value > 0) ? { ratio: { name: 'known files', values: ratios(ours!, others!) } } : {}),
  }
  return [
    figure(SUITE, `hashing: ${LATE[late]}`, 'ms', ours!, parts),
    figure(SUITE, `known files: ${LATE[late]}`, 'ms', others!),
  ]
}
