/** A terminal that remembers what it was told. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import type { Terminal } from '../../lib/cli/terminal.js'
import { Writer } from '../../lib/output/writer.js'

export class FakeTerminal implements Terminal {
  /** One entry for each write that reached the operating system. */
  readonly writes: string[] = []
  readonly said: string[] = []
  readonly exits: number[] = []
  readonly signals = new EventEmitter()
  hasUserSignals = true
  isTerminal = false
  columns: number | undefined
  rows: number | undefined
  environment: NodeJS.ProcessEnv = {}
  /** What would be written should the program end now. */
  readonly armed = new Set<string>()
  /** Awaited before a write is taken. */
  reader: () => Promise<void> = async () => undefined

  readonly stdout = new Writer(
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, _encoding, done) => {
        this.reader().then(() => {
          this.writes.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
          done()
        }, done)
      },
    }),
    () => this.isTerminal,
  )

  size() {
    return { columns: this.columns, rows: this.rows }
  }

  atExit(text: string): () => void {
    this.armed.add(text)
    return () => void this.armed.delete(text)
  }

  say(...lines: string[]): void {
    this.said.push(...lines)
  }

  exit(status: number): void {
    this.exits.push(status)
  }

  get output(): string {
    return this.writes.join('')
  }
}

export const brokenPipe = () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
