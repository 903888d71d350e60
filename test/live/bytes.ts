/** Words that are no text, for exec-bytes; and what they are as text. */
import { program } from './programs.js'

export type Bytes = Buffer | string

/** Starts of sequences that do not go on, an over-long slash, a surrogate, what is beyond Unicode, and U+00E9 itself. */
export const NO_UTF8 = Buffer.from('61ff62c328c0af63eda08064f59080806520c3a9', 'hex')

/** The Encoding Standard's replacement of what is no UTF-8. */
export function textOf(bytes: Bytes): string {
  return typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
}

/** The words to spawn: exec-bytes, which then executes `file`. */
export function execBytes(file: Bytes, args: readonly Bytes[], environment: readonly Bytes[] = []): [string, string[]] {
  return [program('exec-bytes'), [hex(file), ...args.map(hex), '--', ...environment.map(hex)]]
}

function hex(bytes: Bytes): string {
  return Buffer.from(bytes as string).toString('hex')
}

/** As the kernel keeps arguments and environments: each with a NUL behind it. */
export function blockOf(items: readonly Bytes[]): Buffer {
  return Buffer.concat(items.flatMap((item) => [Buffer.from(item as string), Buffer.of(0)]))
}
