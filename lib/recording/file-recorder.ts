/** Records into a file as long as the sensor is open, or into a row of files. */
import { partPath, RecordingFile, requireNoParts } from './file.js'
import { nameIn, type OwnFile, RecordingFolder } from './folder.js'
import { BLOCK_BYTES, Journal, type Sink } from './journal.js'
import type { Meta } from './meta.js'
import type { ResolvedRecordOptions } from './options.js'
import { firstBlock, lastBlock, laterBlock, type Recorded, type Recorder } from './recorder.js'

/** What was gathered is written after so long, even where it is little. */
const WRITE_MS = 1_000
/** What may wait for the disk before the sensor waits for it too. */
const WAITING_BYTES = 8 * 2 ** 20

export type FileRecorderOptions = Omit<ResolvedRecordOptions, 'path' | 'lastMs'> & { path: string }

export class FileRecorder implements Recorder, Sink {
  readonly journal = new Journal(this)
  readonly #options: FileRecorderOptions
  readonly #recorded: Recorded
  readonly #onFailure: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  readonly #folder: RecordingFolder
  readonly #kept: OwnFile[] = []
  #file: RecordingFile
  #part = 0
  #partBytes = 0
  #waitingBytes = 0
  /** Everything that is to be written, in order. */
  #writing: Promise<void> = Promise.resolve()
  #hasFailed = false
  #closed: Promise<void> | undefined

  /** Throws where the file cannot be made. `onFailure`: called when it cannot be written later on. */
  static async open(
    options: FileRecorderOptions,
    recorded: Recorded,
    onFailure: (error: unknown) => void,
  ): Promise<FileRecorder> {
    const { path, force, maxBytes } = options
    const header = { part: 0, run: recorded.meta().runSeed }
    const name = nameIn(path)
    const folder = await RecordingFolder.of(path)
    try {
      if (maxBytes < Number.POSITIVE_INFINITY) await requireNoParts(folder, name, force)
      const file = await RecordingFile.create(folder, name, header, force)
      const recorder = new FileRecorder(folder, file, options, recorded, onFailure)
      recorder.#write(firstBlock({ ...recorded.meta(), part: 0, attachedMs: recorded.attachedMs }), recorded.attachedMs)
      return recorder
    } catch (error) {
      await folder.close()
      throw error
    }
  }

  private constructor(
    folder: RecordingFolder,
    file: RecordingFile,
    options: FileRecorderOptions,
    recorded: Recorded,
    onFailure: (error: unknown) => void,
  ) {
    this.#folder = folder
    this.#file = file
    this.#kept.push(file.own)
    this.#options = options
    this.#recorded = recorded
    this.#onFailure = onFailure
    this.#timer = setInterval(() => this.journal.seal(), WRITE_MS).unref()
  }

  add(block: Buffer, latestMs: number): void {
    this.#write(block, latestMs)
    // Between two steps: what comes from now on belongs to the next file.
    if (this.#partBytes + BLOCK_BYTES > this.#options.maxBytes) this.#beginPart()
  }

  ready(): Promise<void> | undefined {
    return this.#hasFailed || this.#waitingBytes > WAITING_BYTES ? this.#writing : undefined
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    this.journal.seal()
    this.#write(lastBlock(), this.journal.latestMs)
    await this.#writing.finally(() => this.#file.close()).finally(() => this.#folder.close())
  }

  #write(block: Buffer, latestMs: number): void {
    this.#partBytes += block.length
    this.#waitingBytes += block.length
    this.#then(async () => {
      await this.#file.add(block, latestMs)
      this.#waitingBytes -= block.length
    })
  }

  #beginPart(): void {
    const { journal } = this
    this.#write(lastBlock(), journal.latestMs)
    this.#part++
    this.#partBytes = 0
    journal.forgetNames()
    const meta: Meta = { ...this.#recorded.meta(), part: this.#part, attachedMs: journal.latestMs }
    const beginning = laterBlock(meta, this.#recorded)
    this.#then(async () => {
      await this.#openPart(meta)
      await this.#file.add(await beginning, meta.attachedMs)
    })
  }

  async #openPart({ part, runSeed }: Meta): Promise<void> {
    const { path, force, maxFiles } = this.#options
    await this.#file.close()
    const name = partPath(nameIn(path), part)
    this.#file = await RecordingFile.create(this.#folder, name, { part, run: runSeed }, force)
    this.#kept.push(this.#file.own)
    while (this.#kept.length > maxFiles) await this.#folder.remove(this.#kept.shift()!)
  }

  #then(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write)
    this.#writing.catch((error) => {
      if (!this.#hasFailed) this.#onFailure(error)
      this.#hasFailed = true
    })
  }
}
