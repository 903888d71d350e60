/**
 * The ring suite's consumer, a process of its own: each record's header, visited in JavaScript.
 *
 * `visitor RING_BYTES` sends the ids of its maps, and answers each message with how many there were
 * so far and its CPU time. It ends when its parent disconnects.
 */
import { type NativeOpened, native } from '../../native.js'
import { Records } from '../../records.js'
import { visitHeader } from '../decode/visit.js'
import { sourceMapIds } from './bpf.js'

const PAUSE_MS = 5
const IDLE_MS = 1_000

let onAnswer: () => void = () => undefined
const source = new (native().Source)({ ringBytes: Number(process.argv[2]), asks: 0, ladders: [] }, () => onAnswer())
const opened = (await source.open()) as NativeOpened
const records = new Records(opened.ring)
const { offsets } = opened

let received = 0
let sum = 0
let isAsked = false

process.on('message', () => {
  isAsked = true
  source.interrupt()
})
process.on('disconnect', () => {
  onAnswer = () => undefined
  source.close()
})
process.send!(sourceMapIds('self'))
loop()

function loop(): void {
  const found = drain()
  if (isAsked && !found) tell()
  onAnswer = loop
  if (found) source.pause(PAUSE_MS)
  else source.waitForRecord(IDLE_MS)
}

/** Until the ring is empty, as the C consumer does. */
function drain(): boolean {
  let count = source.scan()
  const found = count > 0
  for (; count > 0; count = source.scan()) {
    sum += visit(count)
    source.release(count)
    received += count
  }
  return found
}

/** Summed up here, since a number with a fraction that outlives a function is an object of its own each time. */
function visit(count: number): number {
  let read = 0
  for (let i = 0; i < count; i++) read += visitHeader(records, offsets[i]!)
  return read
}

function tell(): void {
  const { user, system } = process.cpuUsage()
  isAsked = false
  process.send!({ received, cpuNs: (user + system) * 1e3, sum })
}
