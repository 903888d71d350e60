/** Who reads open files and hashes them. */
import { HashThread } from './hash-thread.js'
import { HashWorker } from './hash-worker.js'

export interface Digests {
  hash: string
  sha1: string
  md5: string
}

/** `'changed'`: while it was read. */
export type HashAnswer = Digests | 'changed' | 'unreadable'

export interface OpenFile {
  id: number
  fd: number
  sizeBytes: number
  /** As NativeFoundFile has it. */
  version: string
}

/** How many files may be given to a digester before the first of them is answered. */
export const OPEN_MAX = 128

export interface Digester {
  hash(file: OpenFile): void
  /** No file is read any more when this has ended. */
  close(): Promise<void>
}

/** The addon's thread; where there is no OpenSSL for it, one of JavaScript. */
export function newDigester(onAnswer: (id: number, answer: HashAnswer) => void): Digester {
  return HashThread.start(onAnswer) ?? new HashWorker(onAnswer)
}
