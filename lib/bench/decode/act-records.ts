/** Raw records of what processes do to each other, and of named pipes: made as those of records.ts. */
import { ACCESS, ACCESS_KIND, type FLAG, HEADER, PARTY, PIPE, THREAD, TYPE } from '../../decode/linux/layout.js'
import {
  childPid,
  childStartNs,
  each,
  PARENT_PID,
  PARENT_START_NS,
  putBytes,
  putHeader,
  putNs,
  RecordMemory,
  type Writer,
} from './records.js'

/** Of the last record of a process before its end. */
const LATE_NS = 15_000

/** The parent reads the memory of each process. */
export function accesses(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [access(i, ACCESS_KIND.READ)]))
}

/** It makes each of them begin a thread. */
export function threads(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [thread(i)]))
}

/** Likewise, after it wrote into them. */
export function injections(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [access(i, ACCESS_KIND.WRITE), thread(i)]))
}

/** Each process opens one, or creates one. */
export function pipes(count: number, flags: 0 | typeof FLAG.NEW): RecordMemory {
  return new RecordMemory(each(count, (i) => [pipe(i, flags)]))
}

function access(i: number, kind: number): Writer {
  return (to, at) => {
    putHeader(to, at, TYPE.ACCESS, PARENT_PID, 1, PARENT_START_NS, childStartNs(i) + LATE_NS)
    putTarget(to, at + ACCESS.target, i)
    to.setUint32(at + ACCESS.given, childPid(i), true)
    to.setUint8(at + ACCESS.kind, kind)
    return ACCESS.SIZE
  }
}

function thread(i: number): Writer {
  return (to, at) => {
    putHeader(to, at, TYPE.THREAD, PARENT_PID, 1, PARENT_START_NS, childStartNs(i) + LATE_NS)
    putTarget(to, at + THREAD.target, i)
    to.setUint32(at + THREAD.thread, 2 ** 21 + i, true)
    return THREAD.SIZE
  }
}

function pipe(i: number, flags: number): Writer {
  const path = Buffer.from(`/run/user/1000/build/jobserver-${i % 16}.fifo`)
  return (to, at) => {
    putHeader(to, at, TYPE.PIPE, childPid(i), 2, childStartNs(i), childStartNs(i) + LATE_NS)
    to.setUint8(at + HEADER.flags, flags)
    to.setUint32(at + PIPE.path_bytes, path.length, true)
    to.setUint16(at + PIPE.path_length, path.length, true)
    return PIPE.SIZE + putBytes(to, at + PIPE.SIZE, path)
  }
}

function putTarget(to: DataView, at: number, i: number): void {
  to.setUint32(at + PARTY.pid, childPid(i), true)
  to.setUint32(at + PARTY.exec_id, 2, true)
  putNs(to, at + PARTY.start_boot_ns, childStartNs(i))
}
