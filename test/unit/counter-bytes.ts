/** What the programs count (native/record.h, struct cpu_counters), in memory as JavaScript sees it mapped. */
const CPU_BYTES = 576
const TABLE_BYTES = 128

export class CounterBytes {
  readonly memory: ArrayBuffer
  readonly #view: DataView

  constructor(cpus = 2) {
    this.memory = new ArrayBuffer(cpus * CPU_BYTES)
    this.#view = new DataView(this.memory)
  }

  attempt(cpu: number, type: number, count = 1): void {
    this.#raise(cpu, 8 * type, count)
  }

  /** The ring was full. */
  fail(cpu: number, type: number, bytes: number, count = 1): void {
    this.attempt(cpu, type, count)
    this.#raise(cpu, TABLE_BYTES + 8 * type, count)
    this.#raise(cpu, 4 * TABLE_BYTES, bytes)
    this.#raise(cpu, 4 * TABLE_BYTES + 16, count)
  }

  /** Bulk had taken its share. */
  refuse(cpu: number, type: number, bytes: number, count = 1): void {
    this.attempt(cpu, type, count)
    this.#raise(cpu, 2 * TABLE_BYTES + 8 * type, count)
    this.#raise(cpu, 4 * TABLE_BYTES + 8, bytes)
    this.#raise(cpu, 4 * TABLE_BYTES + 16, count)
  }

  /** There was no memory for what they would have been made of. */
  forget(cpu: number, type: number, count = 1): void {
    this.#raise(cpu, 3 * TABLE_BYTES + 8 * type, count)
    this.#raise(cpu, 4 * TABLE_BYTES + 16, count)
  }

  #raise(cpu: number, field: number, by: number): void {
    const at = cpu * CPU_BYTES + field
    this.#view.setBigUint64(at, this.#view.getBigUint64(at, true) + BigInt(by), true)
  }
}
