/** What a recording of Windows events says of itself, in the header of its first buffer. */
import type { EtlCore } from './core.js'

/** The order in which native/etl/face.cc gives them. */
const FACTS = [
  'bytes',
  'bufferBytes',
  'version',
  'osBuild',
  'cpus',
  'mode',
  'buffersWritten',
  'pointerBytes',
  'eventsLost',
  'buffersLost',
  'cpuMhz',
  'biasMinutes',
  'startMs',
  'endMs',
  'bootMs',
  'frequency',
  'clock',
  'compression',
  'clockBase',
] as const

/** Where times begin, where the header's StartTime makes no sense: Clock::Base of native/etl/clock.h. */
const CLOCK_BASES = ['start', 'boot', 'end', 'unknown'] as const

const CLOCKS: Record<number, EtlClock> = { 1: 'performance counter', 2: 'system time', 3: 'CPU cycles' }
const CIRCULAR = 0x2
const COMPRESSED = 0x0400_0000

export type EtlClock = 'performance counter' | 'system time' | 'CPU cycles'

/** Times are milliseconds since 1970; 0 where it does not say. */
export interface EtlFacts {
  /** Of the file; 0 for a pipe. */
  bytes: number
  sessionName: string
  /** What the file was called when it was written. */
  fileName: string
  /** For instance 7601, 19045, 26100. */
  osBuild: number
  /** With the build behind it: 6.1.7601, 10.0.26100. */
  osVersion: string
  cpus: number
  /** Of the session's own pointers; each event has its own size. */
  pointerBytes: number
  bufferBytes: number
  clock: EtlClock
  frequency: number
  /**
   * By what its times are known: the header's time of the start; else that of the boot, which is off by up
   * to half a second; else that of the end, off by as long as the session was; else they count from 1970.
   */
  clockBase: (typeof CLOCK_BASES)[number]
  startMs: number
  /** 0: the session was not closed. */
  endMs: number
  bootMs: number
  /** Minutes west of UTC. */
  biasMinutes: number
  /** As the session counted them. */
  eventsLost: number
  buffersLost: number
  isCircular: boolean
  isCompressed: boolean
}

export function readFacts(core: EtlCore): EtlFacts {
  const values = core.facts()
  const at = Object.fromEntries(FACTS.map((name, index) => [name, values[index]!])) as Record<
    (typeof FACTS)[number],
    number
  >
  const [sessionName, fileName] = core.names()
  return {
    bytes: at.bytes,
    sessionName,
    fileName,
    osBuild: at.osBuild,
    osVersion: `${at.version & 0xff}.${(at.version >> 8) & 0xff}.${at.osBuild}`,
    cpus: at.cpus,
    pointerBytes: at.pointerBytes,
    bufferBytes: at.bufferBytes,
    clock: CLOCKS[at.clock]!,
    frequency: at.frequency,
    clockBase: CLOCK_BASES[at.clockBase]!,
    startMs: at.startMs,
    endMs: at.endMs,
    bootMs: at.bootMs,
    biasMinutes: at.biasMinutes,
    eventsLost: at.eventsLost,
    buffersLost: at.buffersLost,
    isCircular: (at.mode & CIRCULAR) !== 0,
    isCompressed: (at.mode & COMPRESSED) !== 0,
  }
}
