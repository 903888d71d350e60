/** What is said beside a text: that it was cut, or what its exact bytes are. */
import { isUtf8 } from 'node:buffer'

const REPLACED = '\ufffd'

export type Lengths = Record<string, number>
export type Exact = Record<string, string>

/** `lengths`, and that of one field more. */
export function withLength(lengths: Lengths | undefined, field: string, wholeBytes: number): Lengths {
  return Object.freeze({ ...lengths, [field]: wholeBytes })
}

/** The exact bytes as base64, where the text of them has some replaced. */
export function exactBytes(text: string, bytes: Buffer, start: number, end: number): string | undefined {
  if (!text.includes(REPLACED)) return undefined
  const exact = bytes.subarray(start, end)
  return isUtf8(exact) ? undefined : exact.toString('base64')
}

/** `rawBytes`, and those of one field more, where it has any. */
export function withExact(rawBytes: Exact | undefined, field: string, exact: string | undefined): Exact | undefined {
  return exact === undefined ? rawBytes : Object.freeze({ ...rawBytes, [field]: exact })
}
