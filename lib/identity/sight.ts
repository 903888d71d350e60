/** Code was run from a file: what CODE_IDENTITY and ONGOING_IDENTITY say beside what the file is. */
import type { ProcessImage } from '../process/image.js'
import type { ModuleExtras } from '../process/module.js'
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
  /** The process that runs the file, or has mapped it. */
  readonly pid: number
  readonly startLow: number
  readonly startHigh: number
  readonly execId: number
  /** Whether it runs the file as its program: then it is the one behind /proc/PID/exe. */
  readonly isExecuted: boolean
  /** Of the process; UNKNOWN_UID where that is not known. */
  readonly uid: number
}

/** A number that no user has: (uid_t)-1. */
export const UNKNOWN_UID = 0xffff_ffff

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
    execId: image.execId,
    isExecuted: true,
    uid: image.userId ?? UNKNOWN_UID,
  }
}

/** A process mapped a file to run code from it; `atom`: of that event. */
export function mapped(
  image: ProcessImage | undefined,
  file: KnownFile,
  path: string,
  memoryBytes: number,
  time: number,
  atom: string,
  extras: ModuleExtras | undefined,
): Sight {
  return {
    file,
    path,
    pathBytes: extras?.truncated?.FILE_PATH,
    rawPath: extras?.rawBytes?.FILE_PATH,
    time,
    atom,
    memoryBytes,
    pid: image?.pid ?? 0,
    startLow: image?.startLow ?? 0,
    startHigh: image?.startHigh ?? 0,
    execId: image?.execId ?? 0,
    isExecuted: false,
    uid: image?.userId ?? UNKNOWN_UID,
  }
}
