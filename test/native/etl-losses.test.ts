/**
 * Damage of every kind, done to real recordings: what is still given, and whether summary, `--stats`,
 * LOSS_ACCOUNTING and exit status say the same of the rest. docs/etl-damage.md is the table of it:
 * `npx vitest run --project native -u etl-losses` writes it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../lib/cli/replay.js'
import type { EtlCounts } from '../../lib/etl/counter.js'
import type { Damage } from '../../lib/etl/totals.js'
import type { EventRecord, LossAccounting } from '../../lib/events/index.js'
import { NO_ETL_FOLDER, recordings } from '../unit/etl-files.js'
import { FakeTerminal } from '../unit/terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-losses-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PLAIN = ['tx-win7-kernel-process.etl', 'krabs-win11-powershell.etl']
const COMPRESSED = 'PerfViewData.etl'
const HEADER = 0x48
const SEED = 20_261_201

interface Part {
  at: number
  bytes: number
}

/** What is done, what comes of it, and whether the reader puts it right. */
type Damaged = [what: string, damaged: () => Buffer, kind: 'told' | 'mended']

interface Sight {
  events: number
  status: number
  damage: Damage
  /** What LOSS_ACCOUNTING with REASON DAMAGED says at the end. */
  loss: LossAccounting['event'] | undefined
}

const rows: string[] = []

const FILES = recordings()
  .filter(({ name }) => PLAIN.includes(name) || name === `jl-win-perfview.etl.zip/${COMPRESSED}`)
  .map(({ name, path }) => {
    const bytes = readFileSync(path)
    return { name, bytes, parts: partsOf(bytes), isCompressed: name.endsWith(COMPRESSED) }
  })

test('there are recordings to damage', ({ skip }) => {
  if (FILES.length === 0) skip(NO_ETL_FOLDER)
  expect(FILES).toHaveLength(3)
})

describe.for(FILES)('$name', ({ name, bytes, parts, isCompressed }) => {
  const middle = parts[parts.length >> 1]!
  const change = (edit: (copy: Buffer) => void) => {
    const copy = Buffer.from(bytes)
    edit(copy)
    return copy
  }
  const cut = (part: Part) => bytes.subarray(part.at, part.at + part.bytes)
  const but = (from: number, ...others: Buffer[]) => Buffer.concat([bytes.subarray(0, from), ...others])

  test('as it is, nothing is missing and nothing is told', async () => {
    const whole = await look(bytes)
    expect(whole).toMatchObject({ status: 0, damage: { isDamaged: false }, loss: undefined })
    row(name, 'none', whole, whole)
  })

  test('cut at the boundary of every buffer: as many as are missing are told', { timeout: 300_000 }, async () => {
    const whole = await look(bytes)
    const step = Math.ceil(parts.length / 40)
    let last: Sight | undefined
    for (let there = 1; there < parts.length; there += step) {
      const seen = await look(but(parts[there]!.at))
      expect(seen.damage.buffers, `cut behind ${there}`).toBe(parts.length - there)
      expectTold(seen)
      last = seen
    }
    row(name, 'cut at a boundary, here the last that was tried', last!, whole)
  })

  const damages: Damaged[] = [
    ['a zeroed buffer', () => change((copy) => copy.fill(0, middle.at, middle.at + middle.bytes)), 'told'],
    ['the last buffer zeroed', () => change((copy) => copy.fill(0, parts.at(-1)!.at)), 'told'],
    ['two buffers taken out', () => but(parts[1]!.at, bytes.subarray(parts[3]!.at)), 'told'],
    [
      'a header of a buffer overwritten',
      () => change((copy) => copy.fill(0xa5, middle.at, middle.at + HEADER)),
      'told',
    ],
    ['swapped buffers', () => swapped(bytes, parts[1]!, parts[2]!), 'mended'],
    ['the last two buffers swapped', () => swapped(bytes, parts.at(-2)!, parts.at(-1)!), 'mended'],
    ['a buffer repeated', () => but(middle.at, cut(middle), bytes.subarray(middle.at)), 'mended'],
    ['a buffer repeated in the place of another one', () => inPlaceOfAnother(bytes, parts), 'told'],
  ]
  if (!isCompressed) {
    damages.push(
      ['a zeroed page within a buffer', () => change((copy) => copy.fill(0, ...pageOf(copy, middle))), 'told'],
      ['a page of 0xff within a buffer', () => change((copy) => copy.fill(0xff, ...pageOf(copy, middle))), 'told'],
      ['SavedOffset too small', () => change((copy) => copy.writeUInt32LE(0x60, middle.at + 4)), 'mended'],
      ['both ends of a buffer too small', () => change((copy) => shrink(copy, middle)), 'mended'],
    )
  } else {
    damages.push(
      [
        'no compressed buffer readable',
        () =>
          change((copy) => {
            for (const part of parts.slice(1)) copy.fill(0xff, part.at + HEADER, part.at + part.bytes)
          }),
        'told',
      ],
      ['compressed in a way that is not read', () => change((copy) => copy.writeUInt32LE(4, 0x2c)), 'told'],
      ['SavedOffset too small', () => change((copy) => copy.writeUInt32LE(0x60, middle.at + 4)), 'mended'],
      ['both ends of a buffer too small', () => change((copy) => shrink(copy, middle)), 'told'],
    )
  }

  test.for(damages.map(([what, damaged, kind]) => ({ what, damaged, kind })))(
    '$what: $kind',
    async ({ what, damaged, kind }) => {
      const whole = await look(bytes)
      const seen = await look(damaged())
      if (kind === 'told') expectTold(seen)
      else expect(seen).toEqual(whole)
      expect(seen.events).toBeLessThanOrEqual(whole.events)
      row(name, what, seen, whole)
    },
  )

  test('flipped bytes: what is missing is told, by all alike', { timeout: 300_000 }, async () => {
    const whole = await look(bytes)
    const random = generator(SEED)
    let told = 0
    for (let i = 0; i < 40; i++) {
      const seen = await look(
        change((copy) => {
          for (let flip = 0; flip < 16; flip++)
            copy[HEADER + 0x200 + (random() % (copy.length - 0x400))]! ^= 1 << (flip % 8)
        }),
      )
      expect(seen.status).toBe(seen.damage.isDamaged ? 1 : 0)
      expect(seen.loss !== undefined).toBe(seen.damage.isDamaged)
      if (seen.events < whole.events) expectTold(seen)
      if (seen.damage.isDamaged) told++
    }
    rows.push(`| ${name} | 16 flipped bytes, 40 times | | told in ${told} of 40 | 0 or 1 | the same |`)
  })
})

test.skipIf(FILES.length === 0)('docs/etl-damage.md is this', async () => {
  const table = [
    '# What is left of a damaged recording',
    '',
    'Made by test/native/etl-losses.test.ts, which damages three real recordings. "Told" is the LOSS_ACCOUNTING with REASON',
    'DAMAGED at the end of the events; the summary on stderr and `--stats` have the same numbers. What is put right needs',
    'no telling: nothing is missing.',
    '',
    '| recording | damage | events given | told | exit | `--stats`: damaged |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  await expect(table).toMatchFileSnapshot('../../docs/etl-damage.md')
})

let files = 0

/** What each way to look at a file says of it. */
async function look(bytes: Buffer): Promise<Sight> {
  const path = join(folder, `${files++}.etl`)
  writeFileSync(path, bytes)
  const [events, stats, raw] = [new FakeTerminal(), new FakeTerminal(), new FakeTerminal()]
  const statuses = [await run([path], events), await run([path, '--stats'], stats), await run([path, '--raw'], raw)]
  rmSync(path)
  expect(new Set(statuses).size, 'all exit alike').toBe(1)
  const { damage, totals } = JSON.parse(stats.output) as EtlCounts & { damage: Damage }
  const given = raw.output.trimEnd().split('\n').length
  // The events whose extended items leave them have a header that is counted.
  expect(given + (totals.defects.extendedItems ?? 0), '--raw lists what --stats counts').toBe(totals.events)
  const records = linesOf(events).filter(({ routing }) => routing.event_type === 'LOSS_ACCOUNTING') as LossAccounting[]
  const told = records.filter(({ event }) => event.REASON === 'DAMAGED').at(-1)?.event
  for (const { said } of [events, raw]) {
    expect(said.at(-1)!.includes('nothing lost'), 'the summary').toBe(told === undefined)
  }
  return { events: given, status: statuses[0]!, damage, loss: told }
}

function linesOf(terminal: FakeTerminal): EventRecord[] {
  const text = terminal.output.trimEnd()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line))
}

function expectTold({ status, damage, loss }: Sight): void {
  expect(status).toBe(1)
  expect(damage.isDamaged).toBe(true)
  expect(damage.buffers + damage.events).toBeGreaterThan(0)
  expect({ buffers: loss?.LOST.BUFFERS ?? 0, events: loss?.LOST.EVENTS ?? 0, bytes: loss?.BYTES ?? 0 }).toEqual({
    buffers: damage.buffers,
    events: damage.events,
    bytes: damage.bytes,
  })
}

function row(name: string, what: string, { events, status, damage, loss }: Sight, whole: Sight): void {
  const told =
    loss === undefined ? 'nothing' : JSON.stringify({ ...loss.LOST, ...(loss.BYTES && { BYTES: loss.BYTES }) })
  const stats = damage.isDamaged
    ? `${damage.buffers} buffers, ${damage.events} events, ${damage.bytes} bytes`
    : 'nowhere'
  rows.push(`| ${name} | ${what} | ${events} of ${whole.events} | ${told} | ${status} | ${stats} |`)
}

function partsOf(bytes: Buffer): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < bytes.length; at += parts.at(-1)!.bytes) parts.push({ at, bytes: bytes.readUInt32LE(at) })
  return parts
}

function swapped(bytes: Buffer, one: Part, other: Part): Buffer {
  const of = ({ at, bytes: count }: Part) => bytes.subarray(at, at + count)
  return Buffer.concat([
    bytes.subarray(0, one.at),
    of(other),
    bytes.subarray(one.at + one.bytes, other.at),
    of(one),
    bytes.subarray(other.at + other.bytes),
  ])
}

function inPlaceOfAnother(bytes: Buffer, parts: readonly Part[]): Buffer {
  const [kept, gone] = [parts[1]!, parts[2]!]
  const copy = bytes.subarray(kept.at, kept.at + kept.bytes)
  return Buffer.concat([bytes.subarray(0, gone.at), copy, bytes.subarray(gone.at + gone.bytes)])
}

/** Of its events; a page, or less where they have less. */
function pageOf(bytes: Buffer, { at }: Part): [number, number] {
  const end = at + bytes.readUInt32LE(at + 4)
  const from = at + HEADER + secondEvent(bytes, at + HEADER)
  return [from, Math.min(from + 0x1000, end)]
}

function secondEvent(bytes: Buffer, at: number): number {
  const isKernel = bytes[at + 2]! <= 4 || bytes[at + 2] === 0x10 || bytes[at + 2] === 0x11
  return (bytes.readUInt16LE(isKernel ? at + 4 : at) + 7) & ~7
}

function shrink(bytes: Buffer, { at }: Part): void {
  const end = HEADER + secondEvent(bytes, at + HEADER)
  bytes.writeUInt32LE(end, at + 4)
  bytes.writeUInt32LE(end, at + 0x30)
}

function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 8
  }
}
