#!/usr/bin/env node
/**
 * Writes what the fuzzers begin with into a folder: `node test/fuzz/make-corpus.mjs FOLDER`, after a build.
 * Small files of every kind of header, made byte by byte. What test/fuzz/corpus holds was found from these
 * and then minimised (-merge=1): one file for each way through the code.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  compact,
  EtlFormat,
  full,
  guidBytes,
  instance,
  manifest,
  perfInfo,
  system,
} from '../../dist/bench/live/etl/format.js'
import { compressXpress } from '../../dist/bench/live/etl/xpress-encoder.js'

const [folder] = process.argv.slice(2)
/** As in reader_fuzz.cc. */
const [WHOLE_FILE, PIPE, CIRCULAR, EXPANDS] = [1, 2, 4, 8]
const bufferBytes = 0x400
const guid = guidBytes('22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716')
const text = Buffer.from('\\Device\\HarddiskVolume1\\Windows\\System32\\a.exe\0', 'utf16le')
const thread = (timestamp) => ({ timestamp: BigInt(timestamp), pid: 4, tid: 8 })

const kinds = [
  system({ ...thread(1), hook: 0x0301, version: 4 }, text),
  system({ ...thread(2), hook: 0x030a, version: 3, pointerBytes: 4 }, text),
  compact({ ...thread(3), hook: 0x0524 }, text.subarray(0, 24)),
  perfInfo({ ...thread(4), hook: 0x0f2a, version: 0x8302 }, text.subarray(0, 16), Buffer.alloc(32, 7)),
  full({ ...thread(5), guid, opcode: 1, version: 2 }, text.subarray(0, 10)),
  instance({ ...thread(6), guid, instance: 1, parentInstance: 2, parent: guid }, text.subarray(0, 6)),
  manifest({ ...thread(7), guid, id: 5 }, text.subarray(0, 40)),
  manifest({ ...thread(8), guid, id: 1, pointerBytes: 4, items: [1, 2].map((type) => ({ type, data: guid })) }, text),
  Buffer.from([0x10, 0, 0, 0x90, 1, 0, 2, 0, 9, 9, 9, 9, 9, 9, 9, 9]),
]
const all = Buffer.concat(kinds)
const plain = () => new EtlFormat({ bufferBytes })
const packed = () => new EtlFormat({ bufferBytes, isCompressed: true })

const reader = {
  ...Object.fromEntries(kinds.map((event, index) => [`kind-${index}`, [0, plain().buffer(event)]])),
  cpus: [
    0,
    plain().buffer(kinds[1], { cpu: 1 }),
    plain().buffer(all, { cpu: 0 }),
    plain().buffer(kinds[0], { cpu: 300 }),
  ],
  loss: [0, plain().buffer(kinds[0], { flags: 2 }), plain().buffer(kinds[2], { flags: 4, hasCpuIndex: false })],
  unordered: [0, plain().buffer(Buffer.concat([...kinds].reverse()))],
  circular: [CIRCULAR, ...[12, 10, 11].map((sequence) => plain().buffer(kinds[0], { sequence }))],
  compressed: [EXPANDS, packed().buffer(all), packed().buffer(Buffer.concat([all, all]))],
  garbage: [0, plain().buffer(kinds[0]), Buffer.alloc(77, 0xa5), plain().buffer(kinds[4])],
  unwritten: [0, plain().buffer(kinds[0]), Buffer.alloc(512), plain().buffer(kinds[4])],
  cut: [0, plain().buffer(all).subarray(0, 200)],
  pipe: [PIPE, plain().buffer(all), plain().buffer(kinds[0])],
  'compressed-pipe': [PIPE | EXPANDS, packed().buffer(all)],
  file: [WHOLE_FILE, plain().header(), plain().buffer(all)],
  'file-32': [WHOLE_FILE, new EtlFormat({ bufferBytes, pointerBytes: 4, clock: 2 }).header(), plain().buffer(all)],
  'file-cycles': [WHOLE_FILE | PIPE, new EtlFormat({ bufferBytes, clock: 3 }).header(), plain().buffer(kinds[0])],
}

const texts = {
  one: Buffer.from('a'),
  run: Buffer.alloc(40_000, 1),
  short: Buffer.from('abcabcabcabd'.repeat(20)),
  nibbles: Buffer.concat(
    [9, 12, 20, 30, 300].map((length) => Buffer.concat([Buffer.from([length]), Buffer.alloc(length)])),
  ),
  events: all,
}
const xpress = Object.fromEntries(
  Object.entries(texts).map(([name, bytes]) => {
    const length = Buffer.alloc(2)
    length.writeUInt16LE(bytes.length)
    return [name, [length, compressXpress(bytes)]]
  }),
)

for (const [target, seeds] of Object.entries({ reader, xpress })) {
  mkdirSync(join(folder, target), { recursive: true })
  for (const [name, parts] of Object.entries(seeds)) {
    const bytes = parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))
    writeFileSync(join(folder, target, name), Buffer.concat(bytes))
  }
}
