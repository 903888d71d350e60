/** A file that code was run from, as it was then, and what is known of its content. */
import { FILE } from '../decode/linux/layout.js'
import type { Sight } from './sight.js'

/** What becomes of a file on its way to a hash. */
export const CONTENT = {
  /** Nobody asked yet, or what was asked could not be told at that time. */
  UNKNOWN: 0,
  /** On its way. */
  ASKED: 1,
  /** It has a hash, or one is not to be had. */
  SETTLED: 2,
} as const

/** The numbers of the ERROR field. */
export const FILE_ERROR = {
  NONE: 0,
  NOT_FOUND: 2,
  DENIED: 5,
  READ_FAULT: 30,
  /** Windows: on another machine. */
  ELSEWHERE: 50,
  /** Of a network, or of a file system that is a program: not read unless that is asked for. */
  REMOTE: 65,
  TOO_LARGE: 223,
  CHANGED: 1006,
  /** What the sensor needs for it was not to be had: memory, descriptors, its process. */
  NO_RESOURCES: 1450,
  /** The file system did not answer. */
  TIMEOUT: 1460,
} as const

/** Who signed a file, and whether this machine accepts that. */
export interface FileSignature {
  isSigned: boolean
  isVerified: boolean
  /** CERT_CHAIN_STATUS, of a file that is signed. */
  chainStatus?: number
  issuer?: string
  subject?: string
}

/** What was found out about a file: all that comes from outside the records. Plain, so that it can be written down. */
export interface FileResult {
  /** Of the request. */
  id: number
  error: number
  hash?: string | undefined
  sha1?: string | undefined
  md5?: string | undefined
  /** It is the file's content only if the process still ran the same image when this was found out. */
  isOfImage?: boolean | undefined
  sizeBytes?: number | undefined
  creationMs?: number | undefined
  modificationMs?: number | undefined
  accessMs?: number | undefined
  /** The rest is of Windows only. */
  attributes?: number | undefined
  fileVersion?: string | undefined
  originalFileName?: string | undefined
  signature?: FileSignature | undefined
}

export class KnownFile {
  /** struct file_identity, all but the mount namespace: two records with the same words name the same file. Windows: none. */
  readonly words: readonly number[]
  /** In which its path holds: that of the latest record. */
  mountNamespace: number
  content: (typeof CONTENT)[keyof typeof CONTENT] = CONTENT.UNKNOWN
  hash: string | undefined
  result: FileResult | undefined
  /** It may have been changed since the record, and its times would not tell: Doubts of known-files.ts. */
  readonly isDoubtful: boolean
  /** The path under which it was told last. */
  toldAs: string | undefined
  /** Those that the answer is for, in their order. */
  waiting: Sight[] = []
  /** Since somebody looked for the one to forget. */
  wasUsed = false

  constructor(words: readonly number[], mountNamespace: number, isDoubtful = false) {
    this.isDoubtful = isDoubtful
    this.words = words
    this.mountNamespace = mountNamespace
  }

  /** When it was executed, where records say. */
  get sizeBytes(): number | undefined {
    return this.words.length === 0 ? undefined : this.#u64(FILE.size)
  }

  /** Milliseconds since 1970, when it was executed, where records say. */
  get modificationMs(): number | undefined {
    return this.words.length === 0 ? undefined : Math.floor(this.#u64(FILE.mtime_ns) / 1e6)
  }

  #u64(offset: number): number {
    const word = offset >> 2
    return (this.words[word + 1]! >>> 0) * 2 ** 32 + (this.words[word]! >>> 0)
  }
}
