/**
 * The ring suite's consumer, a process of its own: each record's header, visited in JavaScript.
 *
 * `visitor RING_BYTES` sends the ids of its maps, counts from the message "go" to the message "end",
 * and sends what it came to.
 */
import { type NativeOpened, native } from '../../native.js'
import { Records } from '../../records.js'
import { visitHeader } from '../decode/visit.js'
import { mapIds } from './bpf.js'

const PAUSE_MS = 5
const IDLE_MS = 1_000

let onAnswer: () => void = () => undefined
const source = new (native().Source)(
  { ringBytes: Number(process.argv[2]), extended: false, environment: false, programs: [] },
  () => onAnswer(),
)
const opened = (await source.open()) as NativeOpened
const records = new Records(opened.ring)
const { offsets } = opened

let received = 0
let sum = 0
let isEnding = false
let before: NodeJS.CpuUsage

process.on('message', (message) => {
  if (message === 'go') {
    before = process.cpuUsage()
    loop()
  } else {
    isEnding = true
    source.interrupt()
  }
})
process.send!(mapIds('self'))

function loop(): void {
  const found = drain()
  onAnswer = loop
  if (found) source.pause(PAUSE_MS)
  else if (isEnding) end()
  else source.waitForRecord(IDLE_MS)
}

function drain(): boolean {
  const count = source.scan()
  for (let i = 0; i < count; i++) sum += visitHeader(records, offsets[i]!)
  source.release(count)
  received += count
  return count > 0
}

function end(): void {
  const { user, system } = process.cpuUsage(before)
  process.send!({ received, cpuNs: (user + system) * 1e3, sum })
  source.close()
  process.disconnect()
}
