/**
 * hashing: how late a program's event loop is while the sensor in it has files hashed, against the
 * same sensor while there is nothing to hash, and against a program without a sensor at the same moments.
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
import type { Consumed } from './consumer.js'
import type { Lateness } from './lateness.js'

const SUITE = 'hashing'
const CONSUMER = fileURLToPath(new URL('consumer.js', import.meta.url))
const BYSTANDER = fileURLToPath(new URL('bystander.js', import.meta.url))
const FILE_BYTES = 20e6
/** A program that ends at once; what a file has behind it is hashed and not run. */
const PROGRAM = '/bin/true'
/** Of a file that was written just before it was executed, the hash may be that of later content, and there is none. */
const SETTLED_MS = 100
const LOOK_AGAIN_MS = 100
const LIMIT_MS = 600_000

const LATE = { half: 'median', most: '99 %', nearlyAll: '99.9 %', longest: 'longest' } as const
type Late = keyof typeof LATE

/** While files are hashed: ours, and the program beside it; then ours once more, when the files are known. */
const MEASURED = ['hashing', 'no sensor', 'known files'] as const
type Measured = Record<(typeof MEASURED)[number], Lateness[]>

export const hashing: Suite = {
  name: SUITE,
  about:
    'Delay of the event loop, asked every millisecond, in a program that has a sensor with CODE_IDENTITY, while 500 programs ' +
    'of 20 MB are executed and hashed (17 in a quick run), and for the same time while the same programs are executed again, ' +
    'which are known. "no sensor" is another program, measured while the files are hashed: what the machine itself is late. ' +
    'Medians of the rounds.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    await needKernel()
    const [rounds, count] = quick ? [6, 17] : [3, 500]
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernelwire-bench-')))
    const isDone = atEnd(() => rmSync(folder, { recursive: true, force: true }))
    const consumer = Child.ofModule(CONSUMER, [folder])
    const bystander = Child.ofModule(BYSTANDER, [])
    const checks: Check[] = []
    const measured: Measured = { hashing: [], 'no sensor': [], 'known files': [] }
    try {
      await Promise.all([consumer.message(), bystander.message()])
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}: ${count} files`)
        const files = newFiles(join(folder, `${round}`), count)
        await delay(SETTLED_MS)
        const before = await tell<Consumed>(consumer)
        const startMs = performance.now()
        consumer.send('measure')
        bystander.send('measure')
        execute(files)
        const after = await whenSettled(consumer, before, count)
        checks.push(check(SUITE, `round ${round}: files`, count, after.hashed - before.hashed))
        measured.hashing.push(after)
        measured['no sensor'].push(await tell(bystander))

        progress(`round ${round} of ${rounds}: the same files, known`)
        const tookMs = performance.now() - startMs
        consumer.send('measure')
        execute(files)
        await delay(tookMs)
        measured['known files'].push(await tell(consumer))
        rmSync(join(folder, `${round}`), { recursive: true })
      }
    } finally {
      consumer.end()
      bystander.end()
      await Promise.all([consumer.ended(), bystander.ended()])
      rmSync(folder, { recursive: true, force: true })
      isDone()
    }
    const figures = (Object.keys(LATE) as Late[]).flatMap((late) => figuresOf(late, measured))
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

async function whenSettled(consumer: Child, before: Consumed, count: number): Promise<Consumed> {
  const endMs = performance.now() + LIMIT_MS
  for (;;) {
    const now = await tell<Consumed>(consumer)
    if (now.hashed + now.failed - before.hashed - before.failed >= count) return now
    if (performance.now() > endMs) throw new Error(`${count} files take longer than ${LIMIT_MS / 1e3} s`)
    await delay(LOOK_AGAIN_MS)
  }
}

async function tell<Answer extends Lateness>(child: Child): Promise<Answer> {
  child.send('tell')
  return child.message<Answer>()
}

function figuresOf(late: Late, measured: Measured): Figure[] {
  const [ours, ...others] = MEASURED.map((name) => ({ name, values: measured[name].map((each) => each[late]) }))
  const beside = others[0]!
  const parts = {
    ...(late === 'longest' ? { target: atMost(20) } : {}),
    // Where nothing was late there is nothing to divide by.
    ...(beside.values.every((value) => value > 0)
      ? { ratio: { name: beside.name, values: ratios(ours!.values, beside.values) } }
      : {}),
  }
  return [
    figure(SUITE, `${ours!.name}: ${LATE[late]}`, 'ms', ours!.values, parts),
    ...others.map(({ name, values }) => figure(SUITE, `${name}: ${LATE[late]}`, 'ms', values)),
  ]
}
