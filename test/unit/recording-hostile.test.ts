/** A recording may come from anyone: what its checksums vouch for can be anything all the same. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { KernelwireError } from '../../lib/errors.js'
import {
  BLOCK_HEADER_BYTES,
  decodeBlockHeader,
  ENTRY,
  encodeBlockHeader,
  FILE_HEADER_BYTES,
} from '../../lib/recording/format.js'
import { openRecording } from '../../lib/recording.js'
import { Random } from './random.js'
import { exec, exit, fork } from './record-bytes.js'
import { eventsIn, fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

const SHELL = { pid: 40, execId: 1, startMs: 1_000 }

async function recorded(): Promise<string> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path), { extended: true })
  sensor.takeSnapshot(950)
  sensor.run(960)
  sensor.write(exec(SHELL, INIT, { path: '/bin/sh', arguments: 'sh\0-c\0x\0' }))
  sensor.counters.fail(0, 3, 64, 2)
  sensor.run(1_001)
  sensor.clock.adjust(1)
  sensor.drain.prepareUpdate()
  const events = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'CODE_IDENTITY'] as const
  const change = { atMs: 1_990, events, filter: { users: [0, 1_000] }, coverage: { attachments: [] } }
  sensor.drain.update(change, sensor.snapshot(1_500))
  for (let pid = 50; pid < 60; pid++) {
    const child = { pid, execId: 2, startMs: 1_950 + pid }
    sensor.write(fork(child, SHELL, { atMs: 1_950 + pid }), exit(child, { atMs: 2_100 + pid }))
  }
  sensor.run(3_010)
  await sensor.close()
  return path
}

interface Block {
  number: number
  frames: Buffer
}

function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = []
  for (let at = FILE_HEADER_BYTES; at < file.length; ) {
    const { bytes, number } = decodeBlockHeader(file.subarray(at, at + BLOCK_HEADER_BYTES))!
    at += BLOCK_HEADER_BYTES
    blocks.push({ number, frames: Buffer.from(file.subarray(at, at + bytes)) })
    at += bytes
  }
  return blocks
}

function fileOf(header: Buffer, blocks: readonly Block[]): Buffer {
  return Buffer.concat([
    header.subarray(0, FILE_HEADER_BYTES),
    ...blocks.flatMap(({ number, frames }) => [encodeBlockHeader(frames, number, 0), frames]),
  ])
}

/** Replayed to its end, or refused with a code: nothing else may come of it. */
async function outcomeOf(path: string): Promise<'played' | string> {
  try {
    await eventsIn(path)
    return 'played'
  } catch (error) {
    if (error instanceof KernelwireError) return error.code
    throw error
  }
}

test.each([1, 2, 3, 4])('bytes that are changed under right checksums (seed %i)', async (seed) => {
  const path = await recorded()
  const whole = readFileSync(path)
  const random = new Random(seed)
  const changed = join(dirname(path), 'changed.kwr')
  const outcomes = new Set<string>()
  for (let round = 0; round < 150; round++) {
    const blocks = blocksOf(whole)
    // Not META in most rounds, or nothing else would be reached.
    const { frames } = random.chance(0.2) ? blocks[0]! : random.pick(blocks.slice(1))
    for (let i = random.below(8); i >= 0; i--) {
      frames[random.below(frames.length)] = random.pick([0, 1, 0x7f, 0xff, 0xe9, 0xea, 0xec, random.below(256)])
    }
    writeFileSync(changed, fileOf(whole, blocks))
    outcomes.add(await outcomeOf(changed))
  }
  expect([...outcomes].sort()).toEqual(['ERR_RECORDING_DAMAGED', 'played'])
})

test('entries of every type with nothing in them, and with numbers that are none', async () => {
  const path = await recorded()
  const whole = readFileSync(path)
  const [first] = blocksOf(whole)
  const values = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300]
  const entries = Object.values(ENTRY).flatMap((type) => [
    frame(Buffer.from([type])),
    ...values.map((value) => {
      const contents = Buffer.alloc(24)
      contents[0] = type
      contents.writeDoubleLE(value, 8)
      contents.writeDoubleLE(value, 16)
      return frame(contents)
    }),
  ])
  const odd = join(dirname(path), 'odd.kwr')
  writeFileSync(odd, fileOf(whole, [first!, { number: 1, frames: Buffer.concat(entries) }]))
  const { recording } = await eventsIn(odd)
  expect(recording.damage.entries).toBeGreaterThan(10)
})

test('a block that promises more than the file has costs no memory', async () => {
  const path = await recorded()
  const whole = readFileSync(path)
  const head = encodeBlockHeader(Buffer.alloc(0), 99, 0)
  head.writeUInt32LE(200 * 2 ** 20, 4)
  writeFileSync(path, Buffer.concat([whole.subarray(0, FILE_HEADER_BYTES), resealed(head)]))
  await expect(openRecording(path)).rejects.toMatchObject({ code: 'ERR_RECORDING_DAMAGED' })
})

function frame(contents: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + ((contents.length + 7) & ~7))
  bytes.writeUInt32LE(contents.length, 0)
  contents.copy(bytes, 8)
  return bytes
}

function resealed(head: Buffer): Buffer {
  const copy = Buffer.from(head)
  copy.writeUInt32LE(crc32(copy.subarray(0, 28)), 28)
  return copy
}
