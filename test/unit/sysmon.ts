/**
 * Sysmon's records as events, so that recorded attacks can be led through the correlation.
 *
 * Sysmon tells processes apart by GUID: the atom here is made of it. What Sysmon did not record,
 * because its rules left it out, is put back where it must have been: the start of a process that
 * was there before, and the handle without which no thread can be created in another process.
 */
import { createHash } from 'node:crypto'
import { isBenignThread } from '../../lib/correlate/benign.js'
import { SENSITIVE_PROCESSES } from '../../lib/correlate/defaults.js'
import { ProcessRules } from '../../lib/correlate/rules.js'
import type {
  EventName,
  EventRecord,
  ExistingProcess,
  NestedProcess,
  NewProcess,
  NewRemoteThread,
  RemoteProcessHandle,
  TerminateProcess,
} from '../../lib/events/index.js'
import { routing } from './records.js'

export interface SysmonRow {
  EventID: number
  UtcTime: string
  [field: string]: string | number | undefined
}

interface Party {
  pid: number
  atom: string
  path: string
}

const IMPLIED_ACCESS = 0x1fffff
const IMPLIED_MS = 10_000
/** Sysmon writes what happened in the same millisecond in any order: what leads to what, here. */
const RANK: Record<number, number> = { 1: 0, 10: 1, 8: 2, 17: 3, 18: 4, 5: 5 }

export function eventsOf(rows: readonly SysmonRow[]): EventRecord[] {
  const adapter = new Adapter()
  const sorted = [...rows].sort((a, b) => timeOf(a) - timeOf(b) || (RANK[a.EventID] ?? 9) - (RANK[b.EventID] ?? 9))
  for (const row of sorted) adapter.add(row)
  return adapter.events
}

class Adapter {
  readonly events: EventRecord[] = []
  readonly #known = new Map<string, NestedProcess>()
  readonly #handles = new Map<string, number>()

  add(row: SysmonRow): void {
    const time = timeOf(row)
    if (row.EventID === 1) this.#start(row, time)
    else if (row.EventID === 5) this.#end(partyOf(row, ''), time)
    else if (row.EventID === 8) this.#thread(row, time)
    else if (row.EventID === 10) this.#access(row, time)
    else if (row.EventID === 17 || row.EventID === 18) this.#pipe(row, time)
  }

  #start(row: SysmonRow, time: number): void {
    const party = partyOf(row, '')
    const parent = partyOf(row, 'Parent')
    const event = {
      PROCESS_ID: party.pid,
      PARENT_PROCESS_ID: parent.pid,
      FILE_PATH: party.path,
      COMMAND_LINE: String(row.CommandLine ?? ''),
      USER_NAME: String(row.User ?? ''),
      TIMESTAMP: time,
    }
    this.#known.set(party.atom, { ...event, THIS_ATOM: party.atom, PARENT_ATOM: parent.atom })
    const record = { routing: at('NEW_PROCESS', time, party.atom, parent.atom), event }
    this.events.push(record as NewProcess)
  }

  #end(party: Party, time: number): void {
    this.#nested(party, time)
    const event = { PARENT_PROCESS_ID: 0, TIMESTAMP: time, PROCESS_ID: party.pid }
    this.events.push({
      routing: at('TERMINATE_PROCESS', time, atomOf(`end ${party.atom}`), party.atom),
      event,
    } as TerminateProcess)
  }

  #access(row: SysmonRow, time: number): void {
    this.#handle(partyOf(row, 'Source'), partyOf(row, 'Target'), Number(row.GrantedAccess), time)
  }

  #thread(row: SysmonRow, time: number): void {
    const source = partyOf(row, 'Source')
    const target = partyOf(row, 'Target')
    if (isExcluded(row, source, target)) return
    const opened = this.#handles.get(source.atom + target.atom)
    if (opened === undefined || time - opened > IMPLIED_MS) this.#handle(source, target, IMPLIED_ACCESS, time)
    const event = { THREAD_ID: Number(row.NewThreadId), ...this.#parties(source, target, time) }
    this.events.push({ routing: upon('NEW_REMOTE_THREAD', time, source, target), event } as NewRemoteThread)
  }

  #handle(source: Party, target: Party, mask: number, time: number): void {
    const event = { ACCESS_FLAGS: mask, ...this.#parties(source, target, time) }
    if ((mask & 0x22) !== 0) this.#handles.set(source.atom + target.atom, time)
    this.events.push({ routing: upon('REMOTE_PROCESS_HANDLE', time, source, target), event } as RemoteProcessHandle)
  }

  #pipe(row: SysmonRow, time: number): void {
    const party = partyOf(row, '')
    this.#nested(party, time)
    const name = row.EventID === 17 ? 'NEW_NAMED_PIPE' : 'OPEN_NAMED_PIPE'
    const event = { FILE_PATH: `\\Device\\NamedPipe${row.PipeName}`, PROCESS_ID: party.pid }
    this.events.push({ routing: at(name, time, atomOf(`${name} ${time}`), party.atom), event } as EventRecord)
  }

  #parties(source: Party, target: Party, time: number) {
    return {
      PARENT_PROCESS_ID: source.pid,
      PROCESS_ID: target.pid,
      SOURCE: this.#nested(source, time),
      TARGET: this.#nested(target, time),
    }
  }

  /** A process that was there before anything was recorded is announced as such. */
  #nested(party: Party, time: number): NestedProcess {
    const known = this.#known.get(party.atom)
    if (known !== undefined) return known
    const event = { PROCESS_ID: party.pid, PARENT_PROCESS_ID: 0, FILE_PATH: party.path, TIMESTAMP: time }
    const nested = { ...event, THIS_ATOM: party.atom }
    this.#known.set(party.atom, nested)
    this.events.push({ routing: at('EXISTING_PROCESS', time, party.atom, undefined), event } as ExistingProcess)
    return nested
  }
}

const SENSITIVE = new ProcessRules(SENSITIVE_PROCESSES)

/** As for NEW_REMOTE_THREAD: what Windows does by itself, unless the target is sensitive. */
function isExcluded(row: SysmonRow, source: Party, target: Party): boolean {
  const [from, into] = [{ FILE_PATH: source.path }, { FILE_PATH: target.path }]
  if (SENSITIVE.match(into)) return false
  return isBenignThread(from, into) || String(row.StartFunction).startsWith('TppWorkerThread')
}

function at<N extends EventName>(name: N, time: number, atom: string, parent: string | undefined) {
  return { ...routing(name), event_time: time, this: atom, ...(parent === undefined ? {} : { parent }) }
}

function upon<N extends EventName>(name: N, time: number, source: Party, target: Party) {
  const own = atomOf(`${name} ${time} ${source.atom}`)
  return { ...at(name, time, own, source.atom), target: target.atom }
}

function partyOf(row: SysmonRow, role: string): Party {
  const guid = row[`${role}ProcessGuid`] ?? row[`${role}ProcessGUID`]
  return {
    pid: Number(row[`${role}ProcessId`]),
    atom: atomOf(String(guid)),
    path: String(row[`${role}Image`]),
  }
}

function atomOf(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function timeOf(row: SysmonRow): number {
  return Date.parse(`${row.UtcTime.replace(' ', 'T')}Z`)
}
