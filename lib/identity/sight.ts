/** Code was run from a file: what CODE_IDENTITY and ONGOING_IDENTITY say beside what the file is. */
import type { ProcessImage } from '../process/image.js'
import type { KnownFile } from './known-file.js'

export interface Sight {
  readonly file: KnownFile
  /** As the event that was the occasion has it. */
  readonly path: string
  /** Its true length, where it was cut. */
  readonly pathBytes: number | undefined
  /** Exact, as base64, where it is no UTF-8. */
  readonly rawPath: string | undefined
  /** Milliseconds since 1970. */
  readonly time: number
  /** The atom of the occasion: of the process that was started, or of the event of the module that was loaded. */
  readonly atom: string
  /** The mapped size, of a module. */
  readonly memoryBytes: number
  /** The process that has the file open, and under which name below /proc/PID. */
  readonly pid: number
  readonly startLow: number
  readonly startHigh: number
  readonly link: string
}

/** A process runs an image. */
export function executed(image: ProcessImage, file: KnownFile, path: string): Sight {
  return {
    file,
    path,
    pathBytes: image.truncated?.FILE_PATH,
    rawPath: image.rawBytes?.FILE_PATH,
    time: image.time,
    atom: image.atom,
    memoryBytes: 0,
    pid: image.pid,
    startLow: image.startLow,
    startHigh: image.startHigh,
    link: 'exe',
  }
}
