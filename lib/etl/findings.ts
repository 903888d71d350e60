/** What can and cannot be learnt from a recording, by the kinds of events that are in it. */
import { PROVIDER } from '../decode/etw/layout.js'
import type { EtlCounts, EventCount } from './counter.js'
import { type Damage, damageOf } from './totals.js'

export interface Finding {
  what: string
  isThere: boolean
  why: string
}

/** Start, DCStart and DCEnd of the classic class have all that is known of a process. */
const CLASSIC_PROCESS_OPCODES = [1, 3, 4]
/** The first version of it with a command line. */
const COMMAND_LINE_VERSION = 2

export function findingsOf({ facts, totals, kinds }: EtlCounts): Finding[] {
  const events = (known: number, matches: (kind: EventCount) => boolean) =>
    kinds.reduce((sum, kind) => sum + (kind.known === known && matches(kind) ? kind.events : 0), 0)
  const opcodes = (known: number, ...list: number[]) => events(known, ({ opcode }) => list.includes(opcode))
  const ids = (known: number, ...list: number[]) => events(known, ({ id }) => id !== undefined && list.includes(id))

  const classic = opcodes(PROVIDER.PROCESS, ...CLASSIC_PROCESS_OPCODES)
  const withCommandLine = events(
    PROVIDER.PROCESS,
    ({ opcode, version }) => CLASSIC_PROCESS_OPCODES.includes(opcode) && version >= COMMAND_LINE_VERSION,
  )
  const manifest = ids(PROVIDER.KERNEL_PROCESS, 1, 15)
  const starts = opcodes(PROVIDER.PROCESS, 1) + ids(PROVIDER.KERNEL_PROCESS, 1)
  const existing = opcodes(PROVIDER.PROCESS, 3) + ids(PROVIDER.KERNEL_PROCESS, 15)
  const images = opcodes(PROVIDER.IMAGE, 10) + ids(PROVIDER.KERNEL_PROCESS, 5)
  const threads = opcodes(PROVIDER.THREAD, 1) + ids(PROVIDER.KERNEL_PROCESS, 3)
  const accesses = ids(PROVIDER.KERNEL_AUDIT, 5, 6)
  const files = opcodes(PROVIDER.FILE_IO, 64) + ids(PROVIDER.KERNEL_FILE, 12, 30)
  const volumes = opcodes(PROVIDER.SYSTEM_CONFIG, 35)

  const found = (what: string, count: number, kind: string, absent: string): Finding =>
    count > 0 ? { what, isThere: true, why: `${count} ${kind}` } : { what, isThere: false, why: absent }
  return [
    found('process starts', starts, 'events', 'no process was started, or process events were not recorded'),
    found('processes that ran already', existing, 'events', 'the session recorded no rundown'),
    found('command lines', withCommandLine, 'classic process events', noCommandLines(classic, manifest)),
    found('users', classic, 'classic process events', 'only classic process events name the user'),
    found('loaded images', images, 'events', 'image events were not recorded'),
    found('remote threads', threads, 'thread starts', 'thread events were not recorded'),
    found('access to processes', accesses, 'audit events', 'Kernel-Audit-API-Calls was not recorded'),
    found(
      'named pipes',
      files,
      'file events, of which some may be of pipes (experimental)',
      'file events were not recorded',
    ),
    found(
      'drive letters',
      volumes,
      'mapped volumes',
      'the file was not merged: paths stay \\Device\\HarddiskVolumeN\\…',
    ),
    {
      what: 'all that the session saw',
      isThere: facts.eventsLost + facts.buffersLost + totals.overwrittenBuffers === 0 && !damageOf(totals).isDamaged,
      why: completeness(facts, totals),
    },
  ]
}

function noCommandLines(classic: number, manifest: number): string {
  if (classic > 0) return 'these versions of the process events have none'
  if (manifest > 0)
    return 'Microsoft-Windows-Kernel-Process never has them; the classic process events of a system session do'
  return 'process events were not recorded'
}

function completeness({ eventsLost, buffersLost, endMs }: EtlCounts['facts'], totals: EtlCounts['totals']): string {
  const damage = damageOf(totals)
  const { overwrittenBuffers } = totals
  const parts = [
    ...(eventsLost + buffersLost > 0 ? [`${eventsLost} events and ${buffersLost} buffers were lost`] : []),
    ...(overwrittenBuffers > 0 ? [`a circular file: the oldest ${overwrittenBuffers} buffers were overwritten`] : []),
    ...(damage.isDamaged ? [`the file is damaged: ${damageText(damage)}`] : []),
  ]
  if (parts.length === 0) parts.push('nothing lost')
  if (endMs === 0) parts.push('the session was not closed')
  return parts.join('; ')
}

/** `3 buffers lack events, 2 events left out, 512 bytes skipped`. */
export function damageText({ buffers, events, bytes, archives }: Damage): string {
  const parts = [
    ...(buffers > 0 ? [`${buffers} ${buffers === 1 ? 'buffer lacks' : 'buffers lack'} events`] : []),
    ...(events > 0 ? [`${events} ${events === 1 ? 'event' : 'events'} left out`] : []),
    ...(bytes > 0 ? [`${bytes} bytes skipped`] : []),
    ...(archives > 0 ? ['the archive is damaged'] : []),
  ]
  return parts.length === 0 ? 'it cannot be read to its end' : parts.join(', ')
}
