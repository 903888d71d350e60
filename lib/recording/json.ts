/** JSON from a file that anyone may have written. */

/** Undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Of a length that a name has. */
export function isName(value: unknown): value is string {
  return isText(value) && value.length <= NAME_CHARACTERS
}

const NAME_CHARACTERS = 1_024

/** What 32 bits hold. */
export function isWord(value: unknown): value is number {
  return isCount(value) && value < 2 ** 32
}

/** A time, or a distance between two, that clocks can tell. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MS_MAX
}

/** Later than any clock tells, and exact. */
export const MS_MAX = 2 ** 50

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
