import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Errors } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { Correlator } from '../../lib/correlate/correlator.js'
import type { Finding } from '../../lib/correlate/finding.js'
import { type EventRecord, isEvent, type RemoteProcessHandle } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { corpusFolder } from './corpus.js'
import { routing } from './records.js'
import { eventsOf, type SysmonRow } from './sysmon.js'

interface Expected {
  kind: string
  source: string
  sourcePid: number
  target: string
  targetPid: number | null
}

interface Labels {
  file: string
  expected: Expected[]
  benign: { kind: string; what: string; detail: string }[]
}

const FOLDER = corpusFolder('attacks')
const labels: Labels[] = FOLDER === undefined ? [] : JSON.parse(readFileSync(join(FOLDER, 'labels.json'), 'utf8'))

const NAMES: Record<string, string> = {
  sensitive_access: 'SENSITIVE_PROCESS_ACCESS',
  thread_injection: 'THREAD_INJECTION',
}

describe.skipIf(FOLDER === undefined)('recorded attacks (skipped where the recordings are not at hand)', () => {
  describe.each(labels)('$file', ({ file, expected, benign }) => {
    const events = eventsOf(rowsOf(file))
    const found = correlate(events)

    test('everything that is one is found, and nothing else', () => {
      const wanted = expected.filter(({ kind }) => kind in NAMES)
      const labels = wanted.map(({ kind, sourcePid, targetPid }) => `${NAMES[kind]} ${sourcePid} ${targetPid}`)
      // A thread injected into a sensitive process is an access to it as well, labelled or not.
      const implied = labels.map((label) => label.replace('THREAD_INJECTION', 'SENSITIVE_PROCESS_ACCESS'))
      const labelsFound = found.map(labelOf)
      expect(labelsFound).toEqual(expect.arrayContaining(labels))
      expect([...labels, ...implied]).toEqual(expect.arrayContaining(labelsFound))
    })

    test('one injection is told once, however many threads it has', () => {
      const injections = found.filter(({ name }) => name === 'THREAD_INJECTION').map(labelOf)
      expect(injections).toHaveLength(new Set(injections).size)
    })

    test('the evidence is in the documented order, and valid', () => {
      for (const finding of found) {
        const names = finding.events.map((record) => record.routing.event_type)
        if (finding.name === 'THREAD_INJECTION') expect(names).toEqual(['REMOTE_PROCESS_HANDLE', 'NEW_REMOTE_THREAD'])
        else
          expect(names).toEqual([
            expect.stringMatching(/^(NEW|EXISTING)_PROCESS$/),
            expect.stringMatching(/HANDLE|THREAD/),
          ])
        const record = { routing: { ...routing(finding.name), parent: finding.parent, target: finding.target } }
        expect(Errors(schemaOf(finding.name), { ...record, event: { EVENTS: finding.events } })[1]).toEqual([])
      }
    })

    test('what is called benign is not found', () => {
      const accesses = found.map(accessOf)
      for (const { what, detail } of benign.filter(({ what }) => what.includes('->'))) {
        expect(accesses).not.toContain(`${what} ${detail}`)
      }
    })

    test('pipes are created and opened by whom the labels say', () => {
      for (const { kind, sourcePid } of expected.filter(({ kind }) => kind.startsWith('pipe_'))) {
        const name = kind === 'pipe_create' ? 'NEW_NAMED_PIPE' : 'OPEN_NAMED_PIPE'
        expect(events.some((event) => isEvent(event, name) && event.event.PROCESS_ID === sourcePid)).toBe(true)
      }
    })
  })
})

function correlate(events: readonly EventRecord[]): Finding[] {
  const found: Finding[] = []
  const correlator = new Correlator({}, (finding) => found.push(finding))
  for (const event of events) correlator.observe(event)
  return found
}

function labelOf({ name, events }: Finding): string {
  const access = events.at(-1)!.event as { PARENT_PROCESS_ID: number; PROCESS_ID: number }
  return `${name} ${access.PARENT_PROCESS_ID} ${access.PROCESS_ID}`
}

function accessOf({ events }: Finding): string {
  const { SOURCE, TARGET, ...access } = events.at(-1)!.event as RemoteProcessHandle['event']
  return `${nameOf(SOURCE?.FILE_PATH)}->${nameOf(TARGET?.FILE_PATH)} 0x${(access.ACCESS_FLAGS ?? 0).toString(16)}`
}

function nameOf(path = ''): string {
  return path.slice(path.lastIndexOf('\\') + 1)
}

function rowsOf(file: string): SysmonRow[] {
  const lines = readFileSync(join(FOLDER!, file), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
