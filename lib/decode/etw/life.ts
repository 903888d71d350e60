/** A process of a recording: its image, and what only ETW needs to know of it. */
import type { ProcessImage } from '../../process/image.js'

export class Life {
  readonly image: ProcessImage
  /** Of the record that brought it: a PROVIDER. */
  readonly provider: number
  /** It was there before the recording, or its start was not seen. */
  readonly isFound: boolean
  /** ProcessSequenceNumber; 0 when unknown. */
  readonly sequence: number
  /** Bits of all providers that told of it. */
  providers: number
  /** The name of its file, in lower case: its main module has the same. */
  name: string
  hasPath = false
  /** The time of its creation, as FILETIME; both 0 when nobody has told it. */
  createdLow = 0
  createdHigh = 0
  createdMs: number | undefined
  /** The latest snapshot that it was in. */
  snapshot = 0
  isSettled = false
  /** Only its end was seen: that record is counted for the end. */
  isImplied = false
  /** The first thread of a process is made by its parent. */
  hasThread: boolean

  constructor(image: ProcessImage, provider: number, isFound: boolean, sequence: number, name: string) {
    this.image = image
    this.provider = provider
    this.providers = 1 << provider
    this.isFound = isFound
    this.hasThread = isFound
    this.sequence = sequence
    this.name = name.toLowerCase()
  }

  /** Told by any provider; the first one counts. */
  create(low: number, high: number, ms: number): void {
    if (this.createdMs !== undefined) return
    this.createdLow = low
    this.createdHigh = high
    this.createdMs = ms
  }

  /** Whether it may be the process that was created then. */
  isCreatedAt(low: number, high: number): boolean {
    return this.createdMs === undefined || (this.createdLow === low && this.createdHigh === high)
  }

  /** Whether this module is the program that it runs. */
  isMain(path: string): boolean {
    if (this.name === '') return false
    const name = path.slice(path.lastIndexOf('\\') + 1).toLowerCase()
    return name === this.name
  }
}
