/** --only and --exclude: a filter in words such as path:/usr/bin/,user:0. */
import { KernelwireError } from '../errors.js'
import { type FilterOptions, isAbsolute } from '../filter/options.js'
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

type Draft = Record<string, unknown> & { -readonly [K in keyof FilterOptions]: FilterOptions[K] }

type Option = 'only' | 'exclude'

const LISTS = {
  only: { path: 'paths', user: 'users', cgroup: 'cgroups' },
  exclude: { path: 'excludePaths', user: 'excludeUsers', cgroup: 'excludeCgroups' },
} as const
const KINDS = {
  only: ['path:', 'user:', 'cgroup:', 'subtree:'],
  exclude: ['path:', 'user:', 'cgroup:', 'self', 'everywhere'],
} as const

/** Undefined where neither is given. `called`: what an option is called where it was read. */
export function parseFilter(
  given: { only?: readonly string[] | undefined; exclude?: readonly string[] | undefined },
  called: (name: string) => string = (name) => `--${name}`,
): FilterOptions | undefined {
  const draft: Draft = {}
  for (const option of ['only', 'exclude'] as const satisfies readonly Option[]) {
    for (const word of (given[option] ?? []).flatMap((text) => text.split(',')))
      put(draft, option, word.trim(), called(option))
  }
  return Object.keys(draft).length === 0 ? undefined : draft
}

function put(draft: Draft, option: Option, word: string, called: string): void {
  const colon = word.indexOf(':')
  const kind = colon < 0 ? word : word.slice(0, colon)
  const value = colon < 0 ? '' : word.slice(colon + 1)
  if (option === 'exclude' && colon < 0 && kind === 'self') draft.self = false
  else if (option === 'exclude' && colon < 0 && kind === 'everywhere') draft.excludeEverywhere = true
  else if (option === 'only' && kind === 'subtree' && value !== '') putSubtree(draft, value, called)
  else if (Object.hasOwn(LISTS[option], kind) && value !== '')
    putEntry(draft, LISTS[option][kind as 'path'], value, word, called)
  else throw refusal(`${called} does not understand "${word}"; ${suggestion(`${kind}:`, KINDS[option])}`)
}

function putEntry(draft: Draft, key: keyof FilterOptions, value: string, word: string, called: string): void {
  if (!word.startsWith('user:') && !isAbsolute(value)) {
    const kind = word.slice(0, word.indexOf(':') + 1)
    throw refusal(`${called} ${kind} takes a path from the root, not "${value}"; write ${kind}/${value}`)
  }
  const entries: unknown = draft[key] ?? []
  Object.assign(draft, { [key]: [...(entries as string[]), value] })
}

function putSubtree(draft: Draft, value: string, called: string): void {
  if (draft.subtreeOf !== undefined) throw refusal(`${called} takes one subtree: word; start one more for another`)
  if (!/^[1-9]\d*$/.test(value)) throw refusal(`${called} subtree: takes the number of a process, not "${value}"`)
  draft.subtreeOf = Number(value)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
