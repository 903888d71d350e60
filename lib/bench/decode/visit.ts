/** Records without events: each one's header, or every field that it has. */
import {
  ACCESS,
  BULK,
  EXIT,
  FORK,
  HEADER,
  IMAGE,
  MODULE,
  PARENT,
  PARTY,
  PIPE,
  THREAD,
  TYPE,
} from '../../decode/linux/layout.js'
import type { Records } from '../../records.js'

/** What a consumer reads at least, to know what a record is: type, pid and time. */
export function visitHeader(records: Records, at: number): number {
  return records.u8[at]! + records.u32[(at + HEADER.pid) >>> 2]! + records.ms(at + HEADER.boot_ns)
}

/** All fields of a record. What they come to only keeps the compiler from leaving out the reading. */
export function readFields(records: Records, at: number): number {
  const sum = readHeader(records, at)
  switch (records.u8[at]) {
    case TYPE.FORK:
      return sum + readParent(records, at) + readWords(records, at + FORK.creator_pid, 3)
    case TYPE.EXIT:
      return sum + readWords(records, at + EXIT.exit_code, 2)
    case TYPE.ENVIRONMENT:
      return sum + readText(records, at + BULK.SIZE, records.u32[(at + BULK.length) >>> 2]!)
    case TYPE.MODULE:
      return sum + readModule(records, at)
    case TYPE.ACCESS:
      return sum + readParty(records, at + ACCESS.target) + readWords(records, at + ACCESS.given, 2)
    case TYPE.THREAD:
      return sum + readParty(records, at + THREAD.target) + readWords(records, at + THREAD.thread, 2)
    case TYPE.PIPE:
      return sum + readText(records, at + PIPE.SIZE, records.u16[(at + PIPE.path_length) >>> 1]!)
    default:
      return sum + readParent(records, at) + readImage(records, at)
  }
}

function readHeader(records: Records, at: number): number {
  const { u8, u16 } = records
  const start = records.u64(at + HEADER.start_boot_ns)
  return visitHeader(records, at) + u8[at + HEADER.flags]! + u16[(at + HEADER.cpu) >>> 1]! + start
}

function readParent(records: Records, at: number): number {
  return readWords(records, at + PARENT.pid, 2) + records.u64(at + PARENT.start_boot_ns)
}

function readParty(records: Records, at: number): number {
  return readWords(records, at, 2) + records.u64(at + PARTY.start_boot_ns)
}

function readImage(records: Records, at: number): number {
  const pathLength = records.u16[(at + IMAGE.path_length) >>> 1]!
  const argumentsLength = records.u16[(at + IMAGE.arguments_length) >>> 1]!
  const path = readText(records, at + IMAGE.SIZE, pathLength)
  const argv = readText(records, at + IMAGE.SIZE + pathLength, argumentsLength)
  return records.u64(at + IMAGE.base_address) + readWords(records, at + IMAGE.uid, 6) + path + argv
}

function readModule(records: Records, at: number): number {
  const path = readText(records, at + MODULE.SIZE, records.u16[(at + MODULE.path_length) >>> 1]!)
  return records.u64(at + MODULE.base_address) + records.u64(at + MODULE.memory_size) + path
}

function readWords(records: Records, at: number, count: number): number {
  let sum = 0
  for (let word = at >>> 2; word < (at >>> 2) + count; word++) sum += records.u32[word]!
  return sum
}

function readText(records: Records, at: number, length: number): number {
  return records.text(at, at + length).length
}
