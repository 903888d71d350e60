/**
 * The one error class: a stable code to test for, a sentence that says what to do.
 */

import { visible } from './output/visible.js'

export type ErrorCode =
  | 'ERR_OPTION'
  | 'ERR_UNKNOWN_EVENT'
  | 'ERR_EVENT_UNSUPPORTED'
  | 'ERR_PRIVILEGE'
  | 'ERR_PLATFORM'
  | 'ERR_NO_ADDON'
  | 'ERR_NO_BTF'
  | 'ERR_KERNEL'
  | 'ERR_NOTHING_ATTACHED'
  | 'ERR_CONSUMED'
  | 'ERR_CLOSED'
  | 'ERR_SOURCE'
  | 'ERR_DETACHED'
  | 'ERR_RECORD_GONE'
  | 'ERR_FILE_EXISTS'
  | 'ERR_FILE_READ'
  | 'ERR_FILE_WRITE'
  | 'ERR_RECORDING_FOREIGN'
  | 'ERR_RECORDING_VERSION'
  | 'ERR_RECORDING_DAMAGED'

export interface ErrorContext {
  /** What is too long for the sentence: a verifier log, a loader's output. */
  details?: string | undefined
  cause?: unknown
}

export class KernelwireError extends Error {
  override readonly name = 'KernelwireError'
  readonly code: ErrorCode
  declare readonly details?: string

  /** `message`: one sentence, the remedy included; what others wrote in it can be printed then. */
  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(visible(cut(message)), 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    if (context.details !== undefined) this.details = context.details
  }
}

/** A sentence is short; what others wrote in it may not be. */
const CHARACTERS_MAX = 4_096

function cut(message: string): string {
  return message.length > CHARACTERS_MAX ? `${message.slice(0, CHARACTERS_MAX)}…` : message
}

const USAGE = 2
const PRIVILEGE = 3
const UNSUPPORTED = 4
const FAILED = 1

const EXIT_STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_OPTION: USAGE,
  ERR_UNKNOWN_EVENT: USAGE,
  ERR_FILE_EXISTS: USAGE,
  ERR_PRIVILEGE: PRIVILEGE,
  ERR_EVENT_UNSUPPORTED: UNSUPPORTED,
  ERR_PLATFORM: UNSUPPORTED,
  ERR_NO_ADDON: UNSUPPORTED,
  ERR_NO_BTF: UNSUPPORTED,
  ERR_KERNEL: UNSUPPORTED,
  ERR_NOTHING_ATTACHED: UNSUPPORTED,
  ERR_RECORDING_VERSION: UNSUPPORTED,
}

/** The exit status of a command that ended with `error`. */
export function exitStatus(error: unknown): number {
  return (error instanceof KernelwireError && EXIT_STATUS[error.code]) || FAILED
}
