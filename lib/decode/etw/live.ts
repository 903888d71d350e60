/**
 * What a live sensor adds to the events of Windows: what was read from processes while they run,
 * snapshots of all of them, and what was lost (native/windows/sensor_record.h).
 */
import type { LossAccounting } from '../../events/index.js'
import type { EventStream } from '../../stream.js'
import { FileTimes } from './file-time.js'
import { PROVIDER, SENSOR_LOSS, SENSOR_LOSS_REASON, SENSOR_OPCODE, SENSOR_PROCESS } from './layout.js'
import type { Ledger } from './ledger.js'
import type { Lives } from './lives.js'
import { FAULT, type Payload } from './payload.js'
import type { Processes } from './processes.js'
import { sidText } from './sid.js'

/** Of one process. Unknown: 0, empty, undefined. */
export interface LiveFacts {
  pid: number
  parentPid: number
  createdLow: number
  createdHigh: number
  createdMs: number | undefined
  memoryBytes: number
  baseAddress: number
  threads: number
  path: string
  commandLine: string
  userName: string
  sid: string | undefined
}

const REASONS: Record<number, LossAccounting['event']['REASON']> = {
  [SENSOR_LOSS_REASON.RING_FULL]: 'RING_FULL',
  [SENSOR_LOSS_REASON.SESSION_FULL]: 'SESSION_FULL',
  [SENSOR_LOSS_REASON.SESSION_STOPPED]: 'SESSION_STOPPED',
  [SENSOR_LOSS_REASON.LOOKUP_FULL]: 'LOOKUP_FULL',
}

export class LiveEvents {
  readonly #stream: EventStream
  readonly #ledger: Ledger
  readonly #processes: Processes
  readonly #lives: Lives
  readonly #times = new FileTimes()
  #snapshot = 1

  constructor(stream: EventStream, ledger: Ledger, processes: Processes, lives: Lives) {
    this.#stream = stream
    this.#ledger = ledger
    this.#processes = processes
    this.#lives = lives
  }

  record(payload: Payload, opcode: number, time: number): void {
    if (opcode === SENSOR_OPCODE.PROCESS) this.#started(payload, time)
    else if (opcode === SENSOR_OPCODE.EXISTING) this.#existing(payload, time)
    else if (opcode === SENSOR_OPCODE.SNAPSHOT_END) this.#snapshotEnd(time)
    else if (opcode === SENSOR_OPCODE.LOSS) this.#loss(payload, time)
    else this.#ledger.skipped++
  }

  /** Part of its NEW_PROCESS, if that is not told yet; and its environment. */
  #started(payload: Payload, time: number): void {
    const { at } = payload
    const facts = this.#factsOf(payload)
    if (!this.#ledger.isRead(PROVIDER.SENSOR, true) || !this.#isGood(payload)) return
    const life = this.#lives.of(facts.pid)
    if (life === undefined || !life.isCreatedAt(facts.createdLow, facts.createdHigh)) {
      this.#stream.accounts.dropped[PROVIDER.SENSOR]!++
      return
    }
    this.#processes.complete(life, facts)
    this.#lives.settle(life)
    this.#ledger.fold(PROVIDER.SENSOR)
    const bytes = payload.view.getUint32(at + SENSOR_PROCESS.environment_length, true)
    if (bytes > 0) this.#stream.environment(life.image, this.#variables(payload, bytes), time, undefined)
  }

  #existing(payload: Payload, time: number): void {
    const facts = this.#factsOf(payload)
    if (!this.#ledger.isRead(PROVIDER.SENSOR, true) || !this.#isGood(payload)) return
    const life = this.#processes.existing(facts, time)
    if (life === undefined) return
    life.snapshot = this.#snapshot
    this.#lives.settle(life)
  }

  /** The first one only adds: what it does not list has ended since, and that is still to come. */
  #snapshotEnd(time: number): void {
    this.#ledger.isRead(PROVIDER.SENSOR, true)
    this.#ledger.fold(PROVIDER.SENSOR)
    if (this.#snapshot++ > 1) this.#lives.keepOnly(this.#snapshot - 1, time)
  }

  #loss(payload: Payload, time: number): void {
    const { at, view } = payload
    payload.skip(SENSOR_LOSS.SIZE)
    if (!this.#ledger.isRead(PROVIDER.SENSOR, true) || !this.#isGood(payload)) return
    const u32 = (offset: number) => view.getUint32(at + offset, true)
    const [events, buffers, bytes] = [u32(SENSOR_LOSS.events), u32(SENSOR_LOSS.buffers), u32(SENSOR_LOSS.bytes)]
    const from = this.#times.epochMs(u32(SENSOR_LOSS.from), u32(SENSOR_LOSS.from + 4))
    this.#stream.loss({
      LOST: { ...(events > 0 ? { EVENTS: events } : {}), ...(buffers > 0 ? { BUFFERS: buffers } : {}) },
      ...(bytes > 0 ? { BYTES: bytes } : {}),
      REASON: REASONS[u32(SENSOR_LOSS.reason)] ?? 'NOT_RECORDED',
      FROM: Math.max(0, Math.min(from, time)),
      TO: time,
    })
    this.#ledger.deliver(PROVIDER.SENSOR)
  }

  #isGood({ fault }: Payload): boolean {
    return this.#ledger.isGood(PROVIDER.SENSOR, fault)
  }

  /** The payload is at the environment behind it. */
  #factsOf(payload: Payload): LiveFacts {
    const pid = payload.u32()
    const parentPid = payload.u32()
    const createdLow = payload.u32()
    const createdHigh = payload.u32()
    const memoryBytes = payload.u64()
    const baseAddress = payload.u64()
    const threads = payload.u32()
    payload.skip(8)
    const sidBytes = payload.u32()
    const environmentBytes = payload.u32()
    payload.skip(4)
    const [path, commandLine, userName] = [payload.wide(), payload.wide(), payload.wide()]
    const environmentAt = payload.at
    payload.skip(environmentBytes)
    if (sidBytes > 0) payload.sid()
    const isGood = payload.fault === FAULT.NONE
    if (isGood) payload.at = environmentAt
    const createdMs = this.#times.epochMs(createdLow, createdHigh)
    return {
      pid,
      parentPid,
      createdLow,
      createdHigh,
      createdMs: createdMs < 0 ? undefined : createdMs,
      memoryBytes,
      baseAddress,
      threads,
      path,
      commandLine,
      userName,
      sid: isGood && payload.sidAt >= 0 ? sidText(payload.view, payload.sidAt) : undefined,
    }
  }

  #variables(payload: Payload, bytes: number): string[] {
    const end = payload.at + bytes
    const variables: string[] = []
    while (payload.at < end && payload.fault === FAULT.NONE) variables.push(payload.wide())
    return variables
  }
}
