/** What a user can say about correlation. */
import { entriesOf, given, isUser, isWritten, refusal, shown } from '../given.js'
import type { CorrelationOptions } from './correlator.js'
import type { ProcessRule } from './rules.js'

export const INJECTION_WINDOW_MS_MAX = 3_600_000

/** Absolute, or its end behind *. */
export const RULE_PATH = /^\*?([/\\]|[A-Za-z]:)/

const LISTS = ['sensitive', 'ignore'] as const
const KEYS = [
  ...LISTS,
  'ignoreEverywhere',
  'injectionWindowMs',
] as const satisfies readonly (keyof CorrelationOptions)[]
const RULE_KEYS = ['path', 'user'] as const satisfies readonly (keyof ProcessRule)[]

/** A copy. */
export function validateCorrelation(options: unknown = {}): CorrelationOptions {
  const read = given(options, KEYS, {
    what: '"correlation"',
    example: `{ ignore: [{ path: '/usr/bin/gdb', user: 'root' }] }`,
  })
  const valid: CorrelationOptions = {}
  for (const key of LISTS) if (read[key] !== undefined) valid[key] = rules(key, read[key])
  if (read.ignoreEverywhere !== undefined) valid.ignoreEverywhere = isOn(read.ignoreEverywhere)
  if (read.injectionWindowMs !== undefined) valid.injectionWindowMs = milliseconds(read.injectionWindowMs)
  return valid
}

const EXAMPLE = `{ path: '/usr/bin/vault' }, { path: '*/agent', user: 0 } or { user: 'backup' }`

function milliseconds(ms: unknown): number {
  if (Number.isInteger(ms) && (ms as number) >= 0 && (ms as number) <= INJECTION_WINDOW_MS_MAX) return ms as number
  throw refusal(
    `"injectionWindowMs" of "correlation" must be a whole number of milliseconds from 0 to ${INJECTION_WINDOW_MS_MAX}, not ${shown(ms)}`,
  )
}

function isOn(value: unknown): boolean {
  if (typeof value !== 'boolean') throw refusal('"ignoreEverywhere" of "correlation" must be true or false')
  return value
}

function rules(key: string, value: unknown): readonly ProcessRule[] {
  const entries = entriesOf(value)
  if (entries === undefined) throw refusal(`"${key}" of "correlation" must be an array of rules: ${EXAMPLE}`)
  return entries.map((entry) => validRule(key, entry))
}

function validRule(key: string, value: unknown): ProcessRule {
  const { path, user } = given(value, RULE_KEYS, { what: `a rule of "${key}"`, example: EXAMPLE })
  // A name alone says nothing: anybody can give it to a program.
  if (path !== undefined && !(isWritten(path) && RULE_PATH.test(path))) {
    throw refusal(`the path of a rule of "${key}" must be absolute, or its end behind *: '*/bin/agent'`)
  }
  if (user !== undefined && !isUser(user)) throw refusal(`the user of a rule of "${key}" must be a name or a number`)
  if (path === undefined && user === undefined) throw refusal(`a rule of "${key}" needs a path or a user: ${EXAMPLE}`)
  return { ...(path !== undefined && { path }), ...(user !== undefined && { user }) }
}
