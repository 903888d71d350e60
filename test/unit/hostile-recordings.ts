/** Recordings whose contents were changed, under checksums that are right. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KernelwireError } from '../../lib/errors.js'
import {
  BLOCK_HEADER_BYTES,
  decodeBlockHeader,
  encodeBlockHeader,
  FILE_HEADER_BYTES,
} from '../../lib/recording/format.js'
import { Random } from './random.js'
import { eventsIn } from './recorded-sensor.js'

const ROUNDS = 150

export interface Block {
  number: number
  frames: Buffer
}

export function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = []
  for (let at = FILE_HEADER_BYTES; at < file.length; ) {
    const { bytes, number } = decodeBlockHeader(file.subarray(at, at + BLOCK_HEADER_BYTES))!
    at += BLOCK_HEADER_BYTES
    blocks.push({ number, frames: Buffer.from(file.subarray(at, at + bytes)) })
    at += bytes
  }
  return blocks
}

export function fileOf(header: Buffer, blocks: readonly Block[]): Buffer {
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

/** What becomes of a recording of which some bytes are others, again and again. */
export async function outcomesOfChanged(path: string, seed: number): Promise<Set<string>> {
  const whole = readFileSync(path)
  const random = new Random(seed)
  const changed = join(dirname(path), 'changed.kwr')
  const outcomes = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const blocks = blocksOf(whole)
    // Not META in most rounds, or nothing else would be reached.
    const { frames } = random.chance(0.2) ? blocks[0]! : random.pick(blocks.slice(1))
    for (let i = random.below(8); i >= 0; i--) {
      frames[random.below(frames.length)] = random.pick([0, 1, 0x7f, 0xff, 0xe9, 0xea, 0xec, random.below(256)])
    }
    writeFileSync(changed, fileOf(whole, blocks))
    outcomes.add(await outcomeOf(changed))
  }
  return outcomes
}
