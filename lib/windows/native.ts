/** What the addon has on Windows only: native/windows/exports.cc. */
import type { FileResult } from '../identity/known-file.js'
import { native } from '../native.js'

export interface EtwNative {
  FileInspector: new (limitBytes: number) => NativeFileInspector
  EtwSource: new (options: EtwSourceOptions, onWake: () => void) => NativeEtwSource
  /** Of HKLM\SOFTWARE\Microsoft\Cryptography; empty where it cannot be read. */
  machineGuid(): string
  /** Whether this process has the rights of an administrator. */
  isElevated(): boolean
  /** Of those that a sensor uses: SeSystemProfilePrivilege, SeDebugPrivilege. */
  missingPrivileges(): string[]
  /** Names of the sessions that have the kernel's events, of which Windows gives few. */
  kernelSessions(): string[]
}

export interface EtwSourceOptions {
  /** Of each of the three lanes; a power of two. */
  laneBytes: number
  environment: boolean
  accesses: boolean
  threads: boolean
  files: boolean
}

export interface EtwOpened {
  /** A Windows error number: 0 is success, and the rest is there then. */
  error: number
  step: string
  /** Sessions of sensors that are gone, which were stopped. */
  orphans: string[]
  memory?: ArrayBuffer
  offsets?: Uint32Array
  attachedMs?: number
}

export interface NativeSession {
  name: string
  isKernel: boolean
  error: number
  step: string
  /** Error numbers of its providers, in their order. */
  refused: number[]
  eventsLost: number
  logBuffersLost: number
  realTimeBuffersLost: number
  restarts: number
}

/** native/windows/source_object.h. */
export interface NativeEtwSource {
  open(): Promise<EtwOpened>
  scan(): number
  release(count: number): void
  isDrained(): boolean
  /** Asks for one call of onWake; false when there are records already. */
  wait(isPatient: boolean): boolean
  stopWaiting(): void
  nowMs(): number
  takeSnapshot(): void
  sessions(): NativeSession[]
  /** Resolves when the sessions are stopped and their last events in the lanes. */
  detach(): Promise<void>
  close(): void
  ref(): void
  unref(): void
}

/** native/windows/inspector_object.h. */
export interface NativeFileInspector {
  /** On another thread. `knownVersion`: of which the contents are known; empty for none. */
  inspect(path: string, knownVersion: string): Promise<NativeInspectedFile>
  /** Ends what is under way, with an error. */
  cancel(): void
}

export interface NativeInspectedFile extends Omit<FileResult, 'id'> {
  /** It is the one whose version was given: nothing was read. */
  isKnown: boolean
  /** Which file, and as it is; another text means that it was changed. */
  version?: string
}

export function etwNative(): EtwNative {
  return native() as unknown as EtwNative
}
