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

/**
 * A file system's times are those of the latest tick of the kernel's clock, 10 ms at most: of a file that was changed
 * so shortly before the record another change may have come behind it, and both have the same time.
 */
export const TICKS_MS = 20

/**
 * The same times do not mean the same content, later: what is written through a mapping changes no times (in memory),
 * or another image may take the place of this one on the same device.
 */
const UNLASTING_KINDS: ReadonlySet<number> = new Set([
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x958458f6, // hugetlbfs
  0x73717368, // squashfs
  0xe0f5e1e2, // erofs
  0x9660, // isofs
  0x15013346, // udf
  0x28cd3d45, // cramfs
  0x7275, // romfs
])
/** Documentation/admin-guide/devices.txt */
const LOOP_MAJOR = 7

export class KnownFiles {
  readonly #byKey = new Map<number, KnownFile>()

  get size(): number {
    return this.#byKey.size
  }

  /** The file of the identity at `at`; undefined where there is none. `time`: of the record, since 1970. */
  at({ u32 }: Records, at: number, time: number): KnownFile | undefined {
    const word = at >>> 2
    if ((u32[word]! | u32[word + 1]!) === 0) return undefined
    const changed = word + (FILE.ctime_ns >>> 2)
    const isDoubtful = (u32[changed + 1]! * 2 ** 32 + u32[changed]!) / 1e6 > time - TICKS_MS
    const isLasting =
      !UNLASTING_KINDS.has(u32[word + (FILE.magic >>> 2)]!) && u32[word + (FILE.device >>> 2)]! >>> 20 !== LOOP_MAJOR
    if (isDoubtful || !isLasting) return newFile(u32, word, isDoubtful)
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
    const file = newFile(u32, word, false)
    this.#byKey.set(key, file)
    return file
  }
}

function newFile(u32: Uint32Array, word: number, isDoubtful: boolean): KnownFile {
  const words = Array.from({ length: WORDS }, (_, i) => u32[word + i]! | 0)
  return new KnownFile(words, u32[word + WORDS]!, isDoubtful)
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
