/** CODE_IDENTITY and ONGOING_IDENTITY from records of Windows, which name files by their paths, and from what was found out. */
import { expect, test } from 'vitest'
import { Acts } from '../../lib/acts.js'
import { EtwAtoms } from '../../lib/decode/etw/atoms.js'
import { EtwDecoder } from '../../lib/decode/etw/decoder.js'
import type { Envelope } from '../../lib/envelope.js'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import type { FileRequest } from '../../lib/identity/identities.js'
import type { FileResult } from '../../lib/identity/known-file.js'
import { FILES_MAX } from '../../lib/identity/known-files.js'
import { FRESH_MS, type PathFile, PathFiles, pathKey } from '../../lib/identity/path-files.js'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'
import { EventStream } from '../../lib/stream.js'
import { type EtwEvent, memoryOf } from './etw-bytes.js'
import { BEGIN, load, start } from './etw-run.js'
import { only } from './playback.js'
import { routing } from './records.js'

const ALL: readonly EventName[] = ['NEW_PROCESS', 'MODULE_LOAD', 'CODE_IDENTITY', 'ONGOING_IDENTITY']
const { event_type, event_time, event_id, this: atom, ...envelope } = routing('NEW_PROCESS')
const SHELL = 'C:\\Windows\\System32\\cmd.exe'
const FOUND = {
  error: 0,
  hash: 'a'.repeat(64),
  sha1: 'b'.repeat(40),
  md5: 'c'.repeat(32),
  sizeBytes: 4_000,
  creationMs: 1,
  modificationMs: 2,
  accessMs: 3,
  attributes: 32,
  fileVersion: '10.0.1.2',
  originalFileName: 'Cmd.Exe',
  signature: { isSigned: true, isVerified: true, chainStatus: 121, issuer: 'CN=root', subject: 'CN=us' },
} satisfies Omit<FileResult, 'id'>

/** A machine of which records come, and whose files somebody is asked for. */
class Machine {
  readonly files = new PathFiles()
  readonly requests: FileRequest[] = []
  readonly #stream: EventStream
  readonly #decoder: EtwDecoder

  constructor(events: readonly EventName[] = ALL) {
    const options = {
      events: new Set<EventName>(events),
      extended: false,
      envelope: envelope as Envelope,
      ids: new EventIds(seedOf('test')),
      atoms: { of: () => expect.fail('ETW names its own images') },
    }
    this.#stream = new EventStream(options)
    this.#stream.identities!.keyOf = pathKey
    this.#stream.identities!.onRequest = (request) => this.requests.push(request)
    const acts = new Acts(this.#stream, options)
    this.#decoder = new EtwDecoder(this.#stream, acts, new EtwAtoms(seedOf('boot')), 2_000, this.files)
  }

  play(...events: EtwEvent[]): EventRecord[] {
    const { records, offsets } = memoryOf(events)
    for (const at of offsets) this.#decoder.record(records, at)
    return this.#stream.takeBatch()
  }

  /** What the latest request was for. */
  found(parts: Partial<FileResult> = {}): EventRecord[] {
    this.#stream.identities!.accept({ ...FOUND, ...parts, id: this.requests.at(-1)!.id })
    return this.#stream.takeBatch()
  }
}

let next = 100
/** A process that starts, and the load of its program. */
function started(path: string, ms: number, built = 7): EtwEvent[] {
  const pid = next++
  const name = path.slice(path.lastIndexOf('\\') + 1)
  return [start({ pid, name, ms }), load({ pid, path, ms, built })]
}

/** Of the process that started last. */
function shellPid(): number {
  return next - 1
}

test('the first execution of a file is an event when it is known what the file is: in the order of the document', () => {
  const machine = new Machine(['NEW_PROCESS', 'CODE_IDENTITY'])
  const [process] = machine.play(...started(SHELL, 5))
  expect(process!.event).not.toHaveProperty('HASH')
  expect(machine.requests).toMatchObject([{ sight: { path: SHELL } }])
  const [told, ...more] = machine.found()
  expect(more).toEqual([])
  expect(told!.routing).toMatchObject({
    event_type: 'CODE_IDENTITY',
    event_time: BEGIN + 5,
    parent: process!.routing.this,
  })
  expect(JSON.stringify(told!.event)).toBe(
    JSON.stringify({
      MEMORY_SIZE: 0,
      FILE_PATH: SHELL,
      TIMESTAMP: BEGIN + 5,
      SIGNATURE: {
        CERT_ISSUER: 'CN=root',
        CERT_CHAIN_STATUS: 121,
        FILE_PATH: SHELL,
        CERT_SUBJECT: 'CN=us',
        FILE_IS_SIGNED: 1,
        FILE_CERT_IS_VERIFIED_LOCAL: 1,
      },
      HASH: FOUND.hash,
      HASH_SHA1: FOUND.sha1,
      HASH_MD5: FOUND.md5,
      ERROR: 0,
      FILE_INFO: '10.0.1.2',
      ORIGINAL_FILE_NAME: 'Cmd.Exe',
      FILE_SIZE: 4_000,
      CREATION_TIME: 1,
      MODIFICATION_TIME: 2,
      ACCESS_TIME: 3,
      ATTRIBUTES: 32,
    }),
  )
})

test('of a file that is not there only the error is told', () => {
  const machine = new Machine(['CODE_IDENTITY'])
  machine.play(...started(SHELL, 0))
  const nothing = Object.fromEntries(Object.keys(FOUND).map((name) => [name, undefined]))
  expect(machine.found({ ...nothing, error: 2 }).map(({ event }) => event)).toEqual([
    { MEMORY_SIZE: 0, FILE_PATH: SHELL, TIMESTAMP: BEGIN, ERROR: 2 },
  ])
})

test('a file that is not signed says so, and no more', () => {
  const machine = new Machine(['CODE_IDENTITY'])
  machine.play(...started(SHELL, 0))
  const [told] = machine.found({ signature: { isSigned: false, isVerified: false } })
  expect(told!.event).toMatchObject({
    SIGNATURE: { FILE_PATH: SHELL, FILE_IS_SIGNED: 0, FILE_CERT_IS_VERIFIED_LOCAL: 0 },
  })
  expect(Object.keys((told!.event as { SIGNATURE: object }).SIGNATURE)).toHaveLength(3)
})

test('what is known of a file is on the next process and module, and on PARENT', () => {
  const machine = new Machine()
  const [shell, program] = started(SHELL, 0)
  machine.play(shell!, program!)
  machine.found()
  const child = start({ pid: 50, parent: shellPid(), name: 'cmd.exe', ms: 9 })
  const events = machine.play(child, load({ pid: 50, path: SHELL, ms: 9, built: 7 }))
  const known = { HASH: FOUND.hash, FILE_IS_SIGNED: 1 }
  const process = only('NEW_PROCESS', events)[0]!
  expect(process.event).toMatchObject({
    ...known,
    ORIGINAL_FILE_NAME: 'Cmd.Exe',
    PARENT: { ...known, ORIGINAL_FILE_NAME: 'Cmd.Exe' },
  })
  const keys = Object.keys(process.event)
  expect(keys.slice(keys.indexOf('HASH'))).toEqual([
    'HASH',
    'FILE_IS_SIGNED',
    'ORIGINAL_FILE_NAME',
    'TIMESTAMP',
    'PARENT',
  ])
  expect(only('MODULE_LOAD', events)[0]!.event).toMatchObject(known)
  expect(machine.requests).toHaveLength(1)
})

test('a module that is loaded is the occasion too, with its size in memory and the atom of its event', () => {
  const machine = new Machine(['MODULE_LOAD', 'CODE_IDENTITY'])
  const [module] = machine.play(load({ pid: 9, path: 'C:\\a.dll', size: 0x3000 }))
  const [told] = machine.found()
  expect(told!.event).toMatchObject({ FILE_PATH: 'C:\\a.dll', MEMORY_SIZE: 0x3000 })
  expect(told!.routing.parent).toBe(module!.routing.this)
})

test('spellings of one path are one file and one pair', () => {
  const machine = new Machine(['CODE_IDENTITY', 'ONGOING_IDENTITY'])
  machine.play(...started(SHELL, 0))
  machine.found()
  const again = machine.play(...started(SHELL.toUpperCase(), 1))
  expect(again.map(({ routing, event }) => [routing.event_type, event])).toMatchObject([
    ['ONGOING_IDENTITY', { FILE_PATH: SHELL.toUpperCase() }],
  ])
  expect(machine.files.size).toBe(1)
})

test('after a while it is looked again whether it is still the same file; until then no hash is told', () => {
  const machine = new Machine()
  machine.play(...started(SHELL, 0))
  machine.found()
  const before = machine.requests[0]!.sight.file
  const [process] = machine.play(...started(SHELL, FRESH_MS))
  expect(process!.event).not.toHaveProperty('HASH')
  expect(machine.requests).toHaveLength(2)
  expect((machine.requests[1]!.sight.file as PathFile).former).toBe(before)
  expect(only('CODE_IDENTITY', machine.found())).toEqual([])
})

test('another content at the same path is another pair; what ran before keeps its hash', () => {
  const machine = new Machine()
  const first = started(SHELL, 0)
  machine.play(...first)
  const parent = shellPid()
  machine.found()
  machine.play(...started(SHELL, FRESH_MS))
  const other = 'd'.repeat(64)
  expect(only('CODE_IDENTITY', machine.found({ hash: other }))).toMatchObject([{ event: { HASH: other } }])
  const [child] = machine.play(start({ pid: 77, parent, ms: FRESH_MS + 1 }), load({ pid: 77, path: 'C:\\p77.exe' }))
  expect(child!.event).toMatchObject({ PARENT: { HASH: FOUND.hash } })
})

test('a load whose header is another is another file at once', () => {
  const machine = new Machine(['MODULE_LOAD', 'CODE_IDENTITY'])
  machine.play(load({ pid: 9, path: 'C:\\a.dll', built: 1 }))
  machine.found()
  machine.play(load({ pid: 9, path: 'C:\\a.dll', built: 1, base: 0x1000, ms: 1 }))
  expect(machine.requests).toHaveLength(1)
  const [module] = machine.play(load({ pid: 9, path: 'C:\\a.dll', built: 2, base: 0x2000, ms: 2 }))
  expect(module!.event).not.toHaveProperty('HASH')
  expect(machine.requests).toHaveLength(2)
})

test('of a look before, one is remembered at most, and of files so many', () => {
  const files = new PathFiles()
  let file = files.at('C:\\a', 0)
  for (let i = 1; i < 4; i++) file = files.at('C:\\a', i * FRESH_MS)
  expect(file.former).toBeUndefined()
  for (let i = 0; i < FILES_MAX + 10; i++) files.at(`C:\\${i}`, 0)
  expect(files.size).toBe(FILES_MAX)
})

test('a process of which only the name is known has no file', () => {
  const machine = new Machine(['CODE_IDENTITY'])
  machine.play(start({ pid: 5, ms: 0 }), start({ pid: 6, ms: 9_000 }))
  expect(machine.requests).toEqual([])
})
