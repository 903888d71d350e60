/**
 * The files that code was run from, by what records say of them: looked up for each exec, so without
 * an allocation where the file is known.
 */
import { FILE } from '../decode/linux/layout.js'
import type { Records } from '../records.js'
import { KnownFile } from './known-file.js'

/** Which mount namespace saw it does not make it another file. */
const WORDS = FILE.mount_namespace >> 2

export const FILES_MAX = 8_192

export class KnownFiles {
  readonly #byKey = new Map<number, KnownFile>()

  get size(): number {
    return this.#byKey.size
  }

  /** The file of the identity at `at`; undefined where there is none. */
  at({ u32 }: Records, at: number): KnownFile | undefined {
    const word = at >>> 2
    if ((u32[word]! | u32[word + 1]!) === 0) return undefined
    let key = 0
    for (let i = 0; i < WORDS; i++) key = Math.imul(key ^ u32[word + i]!, 0x9e3779b1) ^ (key >>> 15)
    const known = this.#byKey.get(key)
    if (known !== undefined && isSame(known.words, u32, word)) {
      known.wasUsed = true
      known.mountNamespace = u32[word + WORDS]!
      return known
    }
    return this.#add(key, u32, word)
  }

  /** Another file with the same key, one in millions, is forgotten, and would be hashed again. */
  #add(key: number, u32: Uint32Array, word: number): KnownFile {
    if (this.#byKey.size >= FILES_MAX) forgetOne(this.#byKey)
    const file = new KnownFile(
      Array.from({ length: WORDS }, (_, i) => u32[word + i]! | 0),
      u32[word + WORDS]!,
    )
    this.#byKey.set(key, file)
    return file
  }
}

/** The oldest one that was not used since it was last looked at. */
export function forgetOne<K>(files: Map<K, KnownFile>): void {
  for (const [key, file] of files) {
    files.delete(key)
    if (!file.wasUsed) return
    file.wasUsed = false
    files.set(key, file)
  }
}

function isSame(words: readonly number[], u32: Uint32Array, word: number): boolean {
  for (let i = 0; i < WORDS; i++) if (words[i] !== (u32[word + i]! | 0)) return false
  return true
}
