/** The reader as WebAssembly (native/etl/wasm.cc), for machines that have no addon. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { KernelwireError } from '../errors.js'
import { Records } from '../records.js'
import type { CoreOptions, EtlCore } from './core.js'

/** What of it we use: its types come with the DOM only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => WasmModule
  Instance: new (module: WasmModule, imports: object) => { exports: object }
}
interface WasmModule {
  readonly [Symbol.toStringTag]: string
}

/** What the module exports; pointers are offsets into its memory. */
interface Exports {
  memory: { buffer: ArrayBuffer }
  _initialize(): void
  create(size: number, isCounting: number): void
  open(): number
  refusal(): number
  step(providers: number): number
  offsets(): number
  offsets_length(): number
  push_space(bytes: number): number
  push(): void
  end(): void
  hold_at_most(bytes: number): void
  facts(): number
  facts_length(): number
  session_name(): number
  session_name_length(): number
  file_name(): number
  file_name_length(): number
  totals(): number
  totals_length(): number
  counts(): number
  counts_bytes(): number
}

let compiled: WasmModule | undefined

function compile(): WasmModule {
  if (compiled !== undefined) return compiled
  const file = fileURLToPath(new URL('../../prebuilds/wasm32/etl.wasm', import.meta.url))
  try {
    compiled = new WebAssembly.Module(readFileSync(file))
    return compiled
  } catch (cause) {
    throw new KernelwireError(
      'ERR_NO_ADDON',
      `there is neither a native addon for ${process.platform}-${process.arch} nor ${file}; build one of them with: npm run build:native, npm run build:wasm`,
      { cause, details: String(cause) },
    )
  }
}

export class WasmCore implements EtlCore {
  readonly #exports: Exports
  readonly #file: number | undefined
  #records: Records | undefined
  #offsets: Uint32Array | undefined

  constructor({ path, isCounting }: CoreOptions) {
    const module = compile()
    this.#file = path === undefined ? undefined : openSync(path, 'r')
    const imports = { file: { read: (...at: [number, number, number]) => this.#read(...at) } }
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports
    this.#exports._initialize()
    const size = this.#file === undefined ? -1 : fstatSync(this.#file).size
    this.#exports.create(size, isCounting ? 1 : 0)
  }

  /** A memory that has grown is another ArrayBuffer. */
  get records(): Records {
    const { buffer } = this.#exports.memory
    if (this.#records?.u8.buffer !== buffer) this.#renew()
    return this.#records!
  }

  get offsets(): Uint32Array {
    const { memory } = this.#exports
    if (this.#offsets === undefined || this.#records?.u8.buffer !== memory.buffer) this.#renew()
    return this.#offsets!
  }

  open(): number {
    return this.#exports.open()
  }

  refusal(): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, this.#exports.refusal())
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString()
  }

  step(providers: number): number {
    return this.#exports.step(providers)
  }

  push(bytes: Uint8Array): void {
    const at = this.#exports.push_space(bytes.length)
    new Uint8Array(this.#exports.memory.buffer).set(bytes, at)
    this.#exports.push()
  }

  end(): void {
    this.#exports.end()
  }

  holdAtMost(bytes: number): void {
    this.#exports.hold_at_most(bytes)
  }

  facts(): Float64Array {
    return this.#numbers(this.#exports.facts(), this.#exports.facts_length())
  }

  names(): [string, string] {
    const { session_name, session_name_length, file_name, file_name_length } = this.#exports
    return [this.#text(session_name(), session_name_length()), this.#text(file_name(), file_name_length())]
  }

  totals(): Float64Array {
    return this.#numbers(this.#exports.totals(), this.#exports.totals_length())
  }

  counts(): ArrayBuffer {
    const bytes = this.#exports.counts_bytes()
    const at = bytes === 0 ? 0 : this.#exports.counts()
    return this.#exports.memory.buffer.slice(at, at + bytes)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #renew(): void {
    const memory = this.#exports.memory.buffer
    this.#records = new Records(memory)
    this.#offsets = new Uint32Array(memory, this.#exports.offsets(), this.#exports.offsets_length())
  }

  #read(offset: number, to: number, bytes: number): number {
    try {
      return readSync(this.#file!, new Uint8Array(this.#exports.memory.buffer, to, bytes), 0, bytes, offset)
    } catch (error) {
      return -Math.abs((error as NodeJS.ErrnoException).errno ?? 1)
    }
  }

  #numbers(at: number, length: number): Float64Array {
    return new Float64Array(this.#exports.memory.buffer, at, length).slice()
  }

  #text(at: number, length: number): string {
    return Buffer.from(this.#exports.memory.buffer, at, length * 2).toString('utf16le')
  }
}
