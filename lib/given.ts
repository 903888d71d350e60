/**
 * Options as anybody may give them. Each is read once, of the object itself and not of what it inherits; what cannot be
 * read, or is of another kind, is refused in words. What was checked here nobody can change any more.
 */
import { KernelwireError } from './errors.js'
import { suggestion } from './nearest.js'

export type Given<K extends string> = { readonly [N in K]?: unknown }

interface Words {
  /** How messages call it: `"filter"`, `the options`. */
  what: string
  /** What to write: { … }. */
  example: string
  /** What is said of a name that there is not; default: that no option of it is called so. */
  unknown?: (name: string) => string
}

/** More than any list of options has. */
const LIST_MAX = 65_536

/** Throws for what is no object, and for names that are not among these. Options set to undefined are left out. */
export function given<K extends string>(options: unknown, names: readonly K[], words: Words): Given<K> {
  const {
    what,
    example,
    unknown = (name) => `no option of ${what} is called "${name}"; ${suggestion(name, names)}`,
  } = words
  if (typeof options !== 'object' || options === null || isArray(options)) {
    throw refusal(`${what} must be an object such as ${example}, not ${shown(options)}`)
  }
  const found = Object.create(null) as { [N in K]?: unknown }
  for (const name of read(what, () => Object.keys(options))) {
    if (!(names as readonly string[]).includes(name)) throw refusal(unknown(name))
    const value = read(`"${name}" of ${what}`, () => (options as Record<string, unknown>)[name])
    if (value !== undefined) found[name as K] = value
  }
  return found
}

/** A copy; undefined for what is no list. */
export function entriesOf(value: unknown): readonly unknown[] | undefined {
  if (!isArray(value)) return undefined
  return read('a list', () => {
    const { length } = value
    return length > LIST_MAX ? undefined : Array.from({ length }, (_, i) => value[i])
  })
}

/** A copy. Undefined for what is no list, or has an entry that does not fit. */
export function listOf<T>(value: unknown, isFitting: (entry: unknown) => entry is T): readonly T[] | undefined {
  const entries = entriesOf(value)
  return entries?.every(isFitting) ? Object.freeze(entries) : undefined
}

/** Text that the system takes: it has no NUL. */
export function isWritten(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0')
}

/** The number of a process or of a user. */
export function isNumber32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
}

/** A name that a user can have, or a number. */
export function isUser(value: unknown): value is string | number {
  return typeof value === 'string' ? /^[^\p{Cc}]{1,1024}$/u.test(value) : isNumber32(value)
}

/** For messages: whatever it is, and no longer than a line. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return value < 10n ** 40n && value > -(10n ** 40n) ? `${value}n` : 'a bigint'
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
    default:
      return value === null ? 'null' : isArray(value) ? 'an array' : 'an object'
  }
}

/** A proxy that was revoked is none, and Array.isArray() throws for it. */
function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** `instanceof` throws for a proxy that was revoked. */
export function isInstanceOf<T>(value: unknown, kind: abstract new () => T): value is T {
  try {
    return value instanceof kind
  } catch {
    return false
  }
}

function read<T>(what: string, get: () => T): T {
  try {
    return get()
  } catch (cause) {
    throw new KernelwireError('ERR_OPTION', `${what} cannot be read; give plain objects and values`, { cause })
  }
}

export function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
