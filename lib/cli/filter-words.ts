/** --only and --exclude: a filter in words such as path:/usr/bin/,user:0. */
import { KernelwireError } from '../errors.js'
import type { FilterOptions } from '../filter/options.js'
import { suggestion } from '../nearest.js'
import type { OptionFace } from './face.js'

export const FILTER = {
  only: {
    type: 'string',
    multiple: true,
    value: 'WORDS',
    text: 'deliver events of these processes only: path:/usr/bin/ (a slash at the end: all below), user:0 or user:NAME, cgroup:/PATH (and all below), subtree:PID (and all that descend from it); of several words of one kind one must fit, of each kind one',
  },
  exclude: {
    type: 'string',
    multiple: true,
    value: 'WORDS',
    text: 'do not deliver events of these: path:, user: and cgroup: as above, self (this program); path: does not hold for programs in mount namespaces of their own, unless the word everywhere is there too',
  },
} as const satisfies Record<string, OptionFace>

type Draft = { -readonly [K in keyof FilterOptions]: FilterOptions[K] } & Record<string, unknown>

const LISTS = {
  only: { path: 'paths', user: 'users', cgroup: 'cgroups' },
  exclude: { path: 'excludePaths', user: 'excludeUsers', cgroup: 'excludeCgroups' },
} as const
const KINDS = {
  only: ['path:', 'user:', 'cgroup:', 'subtree:'],
  exclude: ['path:', 'user:', 'cgroup:', 'self', 'everywhere'],
} as const

/** Undefined where neither is given. */
export function parseFilter(given: {
  only?: readonly string[] | undefined
  exclude?: readonly string[] | undefined
}): FilterOptions | undefined {
  const draft: Draft = {}
  for (const option of ['only', 'exclude'] as const) {
    for (const word of (given[option] ?? []).flatMap((text) => text.split(','))) put(draft, option, word.trim())
  }
  return Object.keys(draft).length === 0 ? undefined : draft
}

function put(draft: Draft, option: 'only' | 'exclude', word: string): void {
  const colon = word.indexOf(':')
  const kind = colon < 0 ? word : word.slice(0, colon)
  const value = colon < 0 ? '' : word.slice(colon + 1)
  if (option === 'exclude' && colon < 0 && kind === 'self') draft.self = false
  else if (option === 'exclude' && colon < 0 && kind === 'everywhere') draft.excludeEverywhere = true
  else if (option === 'only' && kind === 'subtree' && value !== '') putSubtree(draft, value)
  else if (Object.hasOwn(LISTS[option], kind) && value !== '') putEntry(draft, option, kind as 'path', value)
  else throw refusal(`--${option} does not understand "${word}"; ${suggestion(`${kind}:`, KINDS[option])}`)
}

function putEntry(draft: Draft, option: 'only' | 'exclude', kind: 'path' | 'user' | 'cgroup', value: string): void {
  if (kind !== 'user' && !value.startsWith('/')) {
    throw refusal(`--${option} ${kind}: takes a path from the root, not "${value}"; write ${kind}:/${value}`)
  }
  const key = LISTS[option][kind]
  draft[key] = [...((draft[key] as string[] | undefined) ?? []), value]
}

function putSubtree(draft: Draft, value: string): void {
  if (draft.subtreeOf !== undefined) throw refusal('--only takes one subtree: word; open one more sensor for another')
  if (!/^[1-9]\d*$/.test(value)) throw refusal(`--only subtree: takes the number of a process, not "${value}"`)
  draft.subtreeOf = Number(value)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
