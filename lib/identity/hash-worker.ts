/**
 * A thread of JavaScript that hashes (hash-worker-thread.mjs): there while there is something to hash, since
 * it costs ten megabytes. It gives way to everybody, the event loop that it hashes for above all.
 */
import { Worker } from 'node:worker_threads'
import { native } from '../native.js'
import type { Digester, HashAnswer, OpenFile } from './digester.js'

/** It ends when there was nothing to do for so long. */
const IDLE_MS = 1_000
const HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

type Message = { threadId: number } | { id: number; answer: HashAnswer }

export class HashWorker implements Digester {
  readonly #onAnswer: (id: number, answer: HashAnswer) => void
  /** What it was given, and has not answered yet. */
  readonly #given = new Map<number, OpenFile>()
  #worker: Worker | undefined
  #isReady = false
  #idle: NodeJS.Timeout | undefined

  constructor(onAnswer: (id: number, answer: HashAnswer) => void) {
    this.#onAnswer = onAnswer
  }

  hash(file: OpenFile): void {
    clearTimeout(this.#idle)
    this.#given.set(file.id, file)
    if (this.#worker === undefined) this.#start()
    else if (this.#isReady) this.#worker.postMessage(file)
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    this.#given.clear()
    await this.#end()
  }

  #start(): void {
    const worker = new Worker(new URL('hash-worker-thread.mjs', import.meta.url), {
      execArgv: [],
      resourceLimits: HEAP,
      trackUnmanagedFds: false,
    })
    this.#worker = worker
    worker.on('message', (message: Message) => {
      if ('threadId' in message) this.#ready(worker, message.threadId)
      else this.#answered(message.id, message.answer)
    })
    worker.on('error', () => {})
    worker.on('exit', () => this.#ended(worker))
    // Last, since whoever listens to messages holds the program.
    worker.unref()
  }

  #ready(worker: Worker, threadId: number): void {
    if (worker !== this.#worker) return
    // A thread that was refused it hashes as well.
    native().makeIdle(threadId)
    this.#isReady = true
    for (const file of this.#given.values()) worker.postMessage(file)
  }

  #answered(id: number, answer: HashAnswer): void {
    if (!this.#given.delete(id)) return
    this.#onAnswer(id, answer)
    if (this.#given.size > 0) return
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref()
  }

  /** What is given from now on starts another one. */
  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#isReady = false
    await worker?.terminate()
  }

  #ended(worker: Worker): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    this.#isReady = false
    const wasReading = [...this.#given.keys()]
    this.#given.clear()
    for (const id of wasReading) this.#onAnswer(id, 'unreadable')
  }
}
