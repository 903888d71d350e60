/** What replay can be asked, of which kind of recording and for what: every option is obeyed, or refused here. */
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'

export type Mode = 'kwr' | 'events' | 'raw' | 'stats'

const SELECTION = ['pid', 'since', 'until', 'count']
const ALWAYS = ['help', 'verbose']

/** What each obeys; everything else would be passed over. */
export const OBEYED: Readonly<Record<Mode, readonly string[]>> = {
  kwr: [...ALWAYS, ...SELECTION, 'events', 'speed', 'follow', 'json', 'lines', 'color', 'format'],
  events: [
    ...ALWAYS,
    ...SELECTION,
    'events',
    'sensitive',
    'ignore',
    'injection-window',
    'extended',
    'json',
    'lines',
    'color',
    'format',
  ],
  raw: [...ALWAYS, ...SELECTION, 'raw', 'provider', 'id', 'json', 'format'],
  stats: [...ALWAYS, 'stats', 'json', 'lines'],
}

const WHAT: Readonly<Record<Mode, (path: string) => string>> = {
  kwr: (path) => `is for recordings of Windows (.etl); ${path} is replayed as it was recorded, so leave it out`,
  events: (path) => `is for a recording of kernelwire record, or for --raw; leave it out for the events of ${path}`,
  raw: () =>
    'does not go with --raw, which lists what is in the file and not what follows from it; leave out one of them',
  stats: () => 'does not go with --stats, which counts the whole file; leave out one of them',
}

export function refuseOthers(mode: Mode, values: object, path: string): void {
  const other = Object.keys(values).find((name) => !OBEYED[mode].includes(name))
  if (other !== undefined) throw new KernelwireError('ERR_OPTION', `--${other} ${WHAT[mode](path)}`)
}

/** Colours are those of lines, and a table is neither lines nor JSON. */
export function refuseClashes(
  { format, color, json, lines }: { format?: string; color?: string; json?: boolean; lines?: boolean },
  isLines: boolean,
): void {
  if (format !== undefined && format !== 'json' && format !== 'csv') {
    throw new KernelwireError('ERR_OPTION', `--format must be json or csv, not "${format}"`)
  }
  const other = (json === true && format === 'csv' && 'json') || (lines === true && format !== undefined && 'lines')
  if (other)
    throw new KernelwireError('ERR_OPTION', `--format and --${other} exclude each other; leave out one of them`)
  if (color !== undefined && color !== 'auto' && color !== 'never' && !isLines) {
    throw new KernelwireError('ERR_OPTION', `--color ${color} is for lines; add --lines, or leave it out`)
  }
}

export function formatName(format: string): 'json' | 'csv' {
  return format === 'csv' ? 'csv' : 'json'
}

/** Losses are told whether asked for or not. */
export function columns(events: readonly EventName[]): EventName[] {
  return [...new Set<EventName>([...events, 'LOSS_ACCOUNTING'])]
}
