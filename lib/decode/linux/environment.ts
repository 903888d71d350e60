/** The environment block: NUL-terminated entries, back to back. */
import { isUtf8 } from 'node:buffer'

export function decodeEnvironment(block: Buffer): string[] {
  if (block.length === 0) return []
  const end = block[block.length - 1] === 0 ? block.length - 1 : block.length
  return block.toString('utf8', 0, end).split('\0')
}

/** Undefined where the entries are exact as they are. */
export function rawEnvironment(block: Buffer): string | undefined {
  return isUtf8(block) ? undefined : block.toString('base64')
}
