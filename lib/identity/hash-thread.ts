/** The thread of the addon's that hashes (native/linux/hash_thread.h). */
import { type NativeHashThread, type NativeHashThreadClass, native } from '../native.js'
import type { Digester, HashAnswer, OpenFile } from './digester.js'

export class HashThread implements Digester {
  readonly #onAnswer: (id: number, answer: HashAnswer) => void
  readonly #thread: NativeHashThread
  #onEnd: (() => void) | undefined

  /** Undefined where the addon has no such thread, or finds no OpenSSL in the program around it. */
  static start(onAnswer: (id: number, answer: HashAnswer) => void): HashThread | undefined {
    const { HashThread: Thread } = native()
    if (Thread === undefined) return undefined
    const made = new HashThread(onAnswer, Thread)
    return made.#thread.start() ? made : undefined
  }

  private constructor(onAnswer: (id: number, answer: HashAnswer) => void, Thread: NativeHashThreadClass) {
    this.#onAnswer = onAnswer
    this.#thread = new Thread(() => this.#takeAnswers())
  }

  hash({ id, fd, sizeBytes, version }: OpenFile): void {
    if (!this.#thread.hash(id, fd, sizeBytes, version)) this.#onAnswer(id, 'unreadable')
  }

  async close(): Promise<void> {
    if (this.#thread.hasEnded()) return
    const ended = new Promise<void>((resolve) => {
      this.#onEnd = resolve
    })
    this.#thread.stop()
    await ended
  }

  #takeAnswers(): void {
    for (const { id, answer } of this.#thread.takeAnswers()) if (!this.#onEnd) this.#onAnswer(id, answer)
    if (this.#thread.hasEnded()) this.#onEnd?.()
  }
}
