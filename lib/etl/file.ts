/**
 * An .etl file, step by step: a recording of Windows events, read on any platform.
 *
 * Each step brings some thousand records (native/etw_record.h), in the order of their time, into
 * memory where they are read in place; the next step overwrites them.
 */
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { KernelwireError } from '../errors.js'
import { isPipe, streamOf } from '../recording/pipes.js'
import type { Records } from '../records.js'
import type { Expanded } from './archive/expanded.js'
import { type CoreOptions, type EtlCore, OPEN, STEP } from './core.js'
import { type EtlFacts, readFacts } from './facts.js'
import { NativeCore } from './native-core.js'
import { type EtlTotals, readTotals } from './totals.js'
import { WasmCore } from './wasm-core.js'

/** So long the program around us waits for its turn. */
const TURN_MS = 10

/** Of step(): all providers, also those that nothing here decodes. */
export const ALL_PROVIDERS = 0xffff

export interface EtlFileOptions {
  /** Counts events by kind instead of reading them. Default: false. */
  isCounting?: boolean
  /** Default: the addon, and WebAssembly where there is none. */
  reader?: 'native' | 'wasm'
  /** How many bytes of a pipe or an archive may wait for those that are to come before them. Default: 64 MiB. */
  heldBytes?: number
}

export class EtlFile {
  readonly facts: EtlFacts
  readonly #core: EtlCore
  readonly #pipe: Pipe | undefined
  #lastTotals: EtlTotals | undefined
  #turnMs = performance.now()
  #isClosed = false

  /** `path`: "-" is the standard input. */
  static async open(path: string, options: EtlFileOptions = {}): Promise<EtlFile> {
    return EtlFile.#open(path, (await isPipe(path)) ? new Pipe(await streamOf(path), path) : undefined, options)
  }

  /** Of an archive. `name`: what messages call it. */
  static of(content: Expanded, name: string, options: EtlFileOptions = {}): Promise<EtlFile> {
    return EtlFile.#open(name, new Pipe(content, name), options)
  }

  static async #open(path: string, pipe: Pipe | undefined, options: EtlFileOptions): Promise<EtlFile> {
    const core = coreFor(
      { path: pipe === undefined ? path : undefined, isCounting: options.isCounting === true },
      path,
      options,
    )
    if (options.heldBytes !== undefined) core.holdAtMost(options.heldBytes)
    try {
      let opened = core.open()
      while (opened === OPEN.WAIT) {
        await pipe!.feed(core)
        opened = core.open()
      }
      if (opened === OPEN.REFUSED) {
        if (pipe?.isBroken === true) {
          throw new KernelwireError(
            'ERR_RECORDING_DAMAGED',
            `${path} is damaged or breaks off before the recording begins; copy the file again`,
          )
        }
        throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is no .etl recording: ${core.refusal()}`)
      }
      return new EtlFile(core, pipe)
    } catch (error) {
      core.close()
      pipe?.close()
      throw error
    }
  }

  private constructor(core: EtlCore, pipe: Pipe | undefined) {
    this.#core = core
    this.#pipe = pipe
    this.facts = readFacts(core)
  }

  /** The memory of the records; another one after each step. */
  get records(): Records {
    return this.#core.records
  }

  /** Where in it the records of the latest step lie. Likewise. */
  get offsets(): Uint32Array {
    return this.#core.offsets
  }

  /**
   * The next records, of the providers whose bits are set: 1 << PROVIDER (lib/decode/etw/layout.ts).
   * Returns how many, which may be none for a while; undefined at the end.
   */
  async step(providers = ALL_PROVIDERS): Promise<number | undefined> {
    if (this.#isClosed) return undefined
    if (performance.now() - this.#turnMs > TURN_MS) {
      await turn()
      this.#turnMs = performance.now()
      if (this.#isClosed) return undefined
    }
    const count = this.#core.step(providers)
    if (count === STEP.END) return undefined
    if (count !== STEP.WAIT) return count
    await this.#pipe!.feed(this.#core)
    return 0
  }

  /** So far; also when it is closed. */
  totals(): EtlTotals {
    if (this.#lastTotals !== undefined) return this.#lastTotals
    const totals = readTotals(this.#core.totals())
    Object.assign(totals.defects, this.#pipe?.defects)
    return totals
  }

  /** When counting: rows of EventCount. */
  counts(): ArrayBuffer {
    return this.#core.counts()
  }

  close(): void {
    if (this.#isClosed) return
    this.#lastTotals = this.totals()
    this.#isClosed = true
    this.#pipe?.close()
    this.#core.close()
  }
}

/** Bytes that can be read once only. */
class Pipe {
  readonly #content: Readable | Expanded
  readonly #chunks: AsyncIterator<Buffer>
  readonly #path: string

  constructor(content: Readable | Expanded, path: string) {
    this.#content = content
    this.#chunks = content[Symbol.asyncIterator]()
    this.#path = path
  }

  /** Of the archive that they come from, so far. */
  get defects(): Expanded['defects'] {
    return this.#content instanceof Readable ? {} : this.#content.defects
  }

  get isBroken(): boolean {
    return Object.keys(this.defects).length > 0
  }

  /** Brings the next bytes to the reader, or says that there are no more. */
  async feed(core: EtlCore): Promise<void> {
    const { value, done } = await this.#chunks.next().catch((cause: Error) => {
      if (cause instanceof KernelwireError) throw cause
      throw new KernelwireError('ERR_FILE_READ', `cannot read ${this.#path}: ${cause.message}`, { cause })
    })
    if (done === true) core.end()
    else core.push(value)
  }

  close(): void {
    if (this.#content instanceof Readable) this.#content.destroy()
    else this.#content.close()
  }
}

function coreFor(options: CoreOptions, path: string, { reader }: EtlFileOptions): EtlCore {
  try {
    if (reader === 'wasm') return new WasmCore(options)
    if (reader === 'native') return new NativeCore(options)
    return nativeOrWasm(options)
  } catch (cause) {
    if (cause instanceof KernelwireError) throw cause
    throw new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

function nativeOrWasm(options: CoreOptions): EtlCore {
  try {
    return new NativeCore(options)
  } catch (error) {
    if (!(error instanceof KernelwireError) || error.code !== 'ERR_NO_ADDON') throw error
    return new WasmCore(options)
  }
}
