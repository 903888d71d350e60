/** What the programs counted (native/record.h, struct cpu_counters): read in place, summed over the CPUs. */
import type { RecordName } from '../accounts.js'
import { COUNTERS, TYPES } from '../decode/linux/layout.js'
import { Records } from '../records.js'
import { ACCESS_PROGRAMS, MODULE_PROGRAMS, PIPE_PROGRAMS } from './programs.js'

/** The programs whose runs make records of a type. */
export const PROGRAMS_OF_RECORD: Partial<Record<RecordName, readonly string[]>> = {
  FORK: ['process_fork'],
  EXEC: ['process_exec'],
  EXIT: ['process_exit'],
  MODULE: MODULE_PROGRAMS,
  ACCESS: ACCESS_PROGRAMS,
  THREAD: ['remote_thread'],
  PIPE: PIPE_PROGRAMS,
}

export interface KernelCounts {
  /** Raised before the reserve. By record type, as the others. */
  attempts: Float64Array
  /** No space in the ring. */
  failed: Float64Array
  /** Bulk that would have taken more than its share. */
  refused: Float64Array
  /** There was no memory for what they would have been made of. */
  forgotten: Float64Array
  failedBytes: number
  refusedBytes: number
}

export function noCounts(): KernelCounts {
  return {
    attempts: new Float64Array(TYPES),
    failed: new Float64Array(TYPES),
    refused: new Float64Array(TYPES),
    forgotten: new Float64Array(TYPES),
    failedBytes: 0,
    refusedBytes: 0,
  }
}

export class KernelCounters {
  readonly #memory: Records
  readonly #cpus: number

  constructor(memory: ArrayBuffer) {
    this.#memory = new Records(memory)
    this.#cpus = Math.floor(memory.byteLength / COUNTERS.SIZE)
  }

  read(): KernelCounts {
    return {
      attempts: this.#sumByType(COUNTERS.attempts),
      failed: this.#sumByType(COUNTERS.failed),
      refused: this.#sumByType(COUNTERS.refused),
      forgotten: this.#sumByType(COUNTERS.forgotten),
      failedBytes: this.#sum(COUNTERS.failed_bytes),
      refusedBytes: this.#sum(COUNTERS.refused_bytes),
    }
  }

  /** All records that could not be written so far. */
  lost(): number {
    return this.#sum(COUNTERS.lost)
  }

  #sumByType(field: number): Float64Array {
    return Float64Array.from({ length: TYPES }, (_, type) => this.#sum(field + 8 * type))
  }

  #sum(field: number): number {
    let sum = 0
    for (let cpu = 0; cpu < this.#cpus; cpu++) sum += this.#memory.u64(cpu * COUNTERS.SIZE + field)
    return sum
  }
}
