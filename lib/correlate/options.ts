/** What a user can say about correlation. */
import { KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'
import type { CorrelationOptions } from './correlator.js'
import type { ProcessRule } from './rules.js'

export const INJECTION_WINDOW_MS_MAX = 3_600_000

/** Absolute, or its end behind *. */
export const RULE_PATH = /^\*?([/\\]|[A-Za-z]:)/

const LISTS = ['sensitive', 'ignore'] as const
const KEYS = [...LISTS, 'injectionWindowMs'] as const satisfies readonly (keyof CorrelationOptions)[]
const RULE_KEYS = ['path', 'user'] as const satisfies readonly (keyof ProcessRule)[]

export function validateCorrelation(options: CorrelationOptions = {}): CorrelationOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal(`"correlation" must be an object such as { ignore: [{ path: '/usr/bin/gdb', user: 'root' }] }`)
  }
  checkKeys('"correlation"', options, KEYS)
  for (const key of LISTS) {
    const rules: unknown = options[key]
    if (rules === undefined) continue
    if (!Array.isArray(rules)) throw refusal(`"${key}" of "correlation" must be an array of rules: ${EXAMPLE}`)
    for (const rule of rules) checkRule(key, rule)
  }
  const ms = options.injectionWindowMs
  if (ms !== undefined && (!Number.isInteger(ms) || ms < 0 || ms > INJECTION_WINDOW_MS_MAX)) {
    throw refusal(
      `"injectionWindowMs" of "correlation" must be a whole number of milliseconds from 0 to ${INJECTION_WINDOW_MS_MAX}`,
    )
  }
  return options
}

const EXAMPLE = `{ path: '/usr/bin/vault' }, { path: '*/agent', user: 0 } or { user: 'backup' }`

function checkRule(key: string, rule: unknown): void {
  if (typeof rule !== 'object' || rule === null) {
    throw refusal(`each rule of "${key}" must be an object: ${EXAMPLE}`)
  }
  checkKeys(`a rule of "${key}"`, rule, RULE_KEYS)
  const { path, user } = rule as ProcessRule
  // A name alone says nothing: anybody can give it to a program.
  if (path !== undefined && !(typeof path === 'string' && RULE_PATH.test(path))) {
    throw refusal(`the path of a rule of "${key}" must be absolute, or its end behind *: '*/bin/agent'`)
  }
  const isUser = typeof user === 'string' ? user !== '' : Number.isInteger(user) && (user as number) >= 0
  if (user !== undefined && !isUser) throw refusal(`the user of a rule of "${key}" must be a name or a number`)
  if (path === undefined && user === undefined) throw refusal(`a rule of "${key}" needs a path or a user: ${EXAMPLE}`)
}

function checkKeys(what: string, options: object, keys: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!keys.includes(key)) throw refusal(`no option of ${what} is called "${key}"; ${suggestion(key, keys)}`)
  }
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
