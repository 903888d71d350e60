/**
 * Text from anyone, on every way to a terminal: what is written has our own colours and nothing else that a terminal
 * obeys, hides or turns around, and no text begins a line of its own.
 */
import { EventEmitter } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runSuites } from '../../lib/bench/run.js'
import { Unable } from '../../lib/bench/suite.js'
import { COMMAND_NAMES, COMMANDS } from '../../lib/cli/commands.js'
import { dispatch, dispatchTo } from '../../lib/cli/dispatch.js'
import { run as doctor } from '../../lib/cli/doctor.js'
import { run as ps } from '../../lib/cli/ps.js'
import { run as record } from '../../lib/cli/record.js'
import { processTerminal, type Surroundings, type Terminal } from '../../lib/cli/terminal.js'
import { run as watch } from '../../lib/cli/watch.js'
import { KernelwireError } from '../../lib/errors.js'
import { EVENT_NAMES, type EventOf, type EventRecord } from '../../lib/events/index.js'
import { fakeStats } from '../../lib/testing/fake-stats.js'
import { exec } from './record-bytes.js'
import { fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'
import { routing } from './records.js'

const FORGED = 'FORGED'
const HOSTILE = [
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)),
  ...Array.from({ length: 0x21 }, (_, code) => String.fromCharCode(0x7f + code)),
  '\x1b[2J\x1b]52;c;cHduZWQ=\x07\x1b]0;title\x1b\\\x1bP+q\x1b\\\x1b[31mred\x1b[0m\x1b[5;31m',
  '\u061c\u200e\u202e\u2066\u2028\u2029\u00ad\u200b\u200d\ufeff\ufe0f\ud800\udfff\u{e0041}\u{f0000}',
  'e\u0301\u0301\u0301\u0301\u0301\u0301\ufffd\ufffd',
  `\n${FORGED}\r\n${FORGED}\r${FORGED}\u0085${FORGED}\u2028${FORGED}\v${FORGED}`,
].join('')
/** The same for what cannot have a NUL: arguments and names of files. */
const NAME = HOSTILE.replaceAll('\0', '').replaceAll('/', '')
/** As much of it as the system takes for a name of a file. */
const FILE_NAME = [...NAME.replaceAll('\\', '')]
  .filter((character) => process.platform !== 'win32' || (character >= ' ' && !'<>:"|?*'.includes(character)))
  .slice(0, 60)
  .join('')

/** What our colours, the screen of the tree, and the line of progress are made of. */
const OURS = /\x1b\[(?:0|1|2|3[1-6]|1;37;41)m/g
const SCREEN = /\x1b\[(?:\?1049[hl]|\?25[hl]|\?7[hl]|2J|K|\d+;1H)/g
const PROGRESS = /\r\x1b\[K/g
const OBEYED = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\p{M}{4}/u

class Watched extends EventEmitter {
  out = ''
  error = ''
  readonly terminal: Terminal

  constructor({ isTerminal = true, columns = 120 } = {}) {
    super()
    const into = (key: 'out' | 'error') =>
      new Writable({
        decodeStrings: false,
        write: (chunk: string, _encoding, done) => {
          this[key] += chunk
          done()
        },
      })
    const stdout = Object.assign(into('out'), { isTTY: isTerminal, columns, rows: 200 })
    const surroundings = Object.assign(this, {
      stdout,
      stderr: Object.assign(into('error'), { isTTY: true }),
      env: {},
      platform: 'linux',
      exit: () => undefined,
    })
    this.terminal = processTerminal(surroundings as unknown as Surroundings)
  }

  /** Something was written, and nothing of it is another's. */
  expectSafe(): void {
    expect(this.out + this.error).not.toBe('')
    const text = this.out + this.error.replace(PROGRESS, '\n')
    for (const line of text.replace(SCREEN, '\n').replace(OURS, '').split('\n')) {
      expect(line).not.toMatch(OBEYED)
      expect(line.startsWith(FORGED), line).toBe(false)
    }
  }
}

function hostile<T>(value: T): T {
  if (typeof value === 'string') return HOSTILE as T
  if (Array.isArray(value)) return value.map(hostile) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hostile(each)])) as T
}

const EXAMPLES = JSON.parse(readFileSync(new URL('../../docs/event-examples.json', import.meta.url), 'utf8')) as Record<
  string,
  EventRecord
>

/** Every event with hostile text in every place that has text at all, but for the names of events. */
const EVENTS: EventRecord[] = EVENT_NAMES.map((name) => {
  const event = hostile(EXAMPLES[name]!.event) as object
  const handle = { routing: routing('REMOTE_PROCESS_HANDLE'), event: hostile(EXAMPLES.REMOTE_PROCESS_HANDLE!.event) }
  const nested = 'EVENTS' in event ? [handle] : undefined
  const lost = name === 'LOSS_ACCOUNTING' ? { LOST: { [HOSTILE]: 3 }, REASON: 'RING_FULL' } : {}
  const body = { ...event, ...(nested && { EVENTS: nested }), ...lost }
  return { routing: routing(name), event: body } as unknown as EventRecord
})

const COVERAGE = {
  attachments: [false, true].map((attached) => ({
    program: HOSTILE,
    hook: HOSTILE,
    attached,
    events: [HOSTILE as 'NEW_PROCESS'],
    reason: HOSTILE,
    details: `${HOSTILE}\n${HOSTILE.replaceAll(FORGED, '')}`,
    cost: HOSTILE,
    blindSpots: HOSTILE,
  })),
}

function sensor(events: EventRecord[] = EVENTS) {
  return {
    coverage: COVERAGE,
    stats: () => fakeStats(new Map(), 0, 0),
    close: async () => undefined,
    dump: async () => {
      throw new KernelwireError('ERR_FILE_WRITE', HOSTILE)
    },
    async *[Symbol.asyncIterator]() {
      yield events
    },
  } as never
}

test('there is an example of every event, with text in it', () => {
  for (const {
    routing: { event_type },
    event,
  } of EVENTS) {
    if (event_type !== 'TERMINATE_PROCESS') expect(JSON.stringify(event), event_type).toContain(FORGED)
  }
})

describe('watch', () => {
  test.each([['--json'], ['--lines'], ['--tree']])('%s', async (view) => {
    const watched = new Watched()
    expect(await watch([view, '--verbose', '--color', 'always'], watched.terminal, async () => sensor())).toBe(0)
    watched.expectSafe()
  })

  test('lines in a pipe', async () => {
    const watched = new Watched({ isTerminal: false })
    expect(await watch(['--lines'], watched.terminal, async () => sensor())).toBe(0)
    watched.expectSafe()
  })
})

describe('ps', () => {
  const existing = EVENTS.filter(({ routing: { event_type } }) => event_type === 'EXISTING_PROCESS')

  test.each([[[]], [['--tree']], [['--json']]])('%j', async (args) => {
    const watched = new Watched()
    await ps([...args, '--color', 'always'], watched.terminal, async () => existing as EventOf<'EXISTING_PROCESS'>[])
    watched.expectSafe()
  })
})

describe('doctor', () => {
  const facts = {
    platform: 'linux',
    arch: HOSTILE,
    kernel: HOSTILE,
    hasBtf: true,
    lockdown: HOSTILE,
    missing: [HOSTILE],
  }
  const coverage = { attachments: COVERAGE.attachments.map((one) => ({ ...one, events: ['NEW_PROCESS' as const] })) }
  const outcomes = {
    coverage,
    error: new KernelwireError('ERR_PRIVILEGE', `${HOSTILE}; ${HOSTILE}`, { details: HOSTILE }),
  }

  test.each([
    ['coverage', 'linux', []],
    ['error', 'linux', ['--verbose']],
    ['coverage', 'win32', []],
    ['coverage', 'linux', ['--json']],
  ] as const)('%s, %s, %j', async (outcome, platform, args) => {
    const watched = new Watched()
    await doctor(args, watched.terminal, {
      facts: async () => ({ ...facts, platform, kernelSessions: [HOSTILE] }),
      tryOut: async () => ({ outcome: outcomes[outcome], measured: [{ hook: HOSTILE, runs: 1, nsPerRun: 1 }] }),
    })
    watched.expectSafe()
  })
})

describe('record', () => {
  test('a file name', async () => {
    const watched = new Watched()
    expect(await record([`/no/such/${NAME}`, '--json'], watched.terminal, async () => sensor())).toBe(0)
    watched.expectSafe()
  })

  test('a dump that fails', async () => {
    const watched = new Watched()
    const silent = Object.assign(sensor([]) as object, {
      async *[Symbol.asyncIterator]() {
        while (!watched.error.includes('ERR_FILE_WRITE')) {
          watched.emit('SIGUSR2')
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        yield* []
      },
    })
    expect(await record([NAME, '--last', '5m'], watched.terminal, async () => silent as never)).toBe(0)
    watched.expectSafe()
  })
})

describe('what is said of an error', () => {
  const thrown = [
    new KernelwireError('ERR_SOURCE', HOSTILE, { details: HOSTILE, cause: new Error(HOSTILE) }),
    Object.assign(new Error(HOSTILE), { stack: `Error: ${HOSTILE}` }),
    HOSTILE,
  ]

  test.each(thrown)('%#', async (error) => {
    for (const args of [[], ['--verbose']]) {
      const watched = new Watched()
      const program = { help: 'help', run: () => Promise.reject(error) }
      await dispatchTo(program, args, watched.terminal)
      await dispatchTo(program, ['--help'], watched.terminal)
      watched.expectSafe()
    }
  })
})

describe('arguments', () => {
  const options = COMMAND_NAMES.map(async (name) => ({ name, face: (await COMMANDS[name].load()).face }))

  test('commands and words', async () => {
    for (const args of [[NAME], ['help', NAME], [`--${NAME}`], ...COMMAND_NAMES.map((name) => [name, NAME, NAME])]) {
      const watched = new Watched()
      await dispatch(args, watched.terminal)
      watched.expectSafe()
    }
  })

  test('names and values of options', async () => {
    for (const { name, face } of await Promise.all(options)) {
      const given = Object.entries(face.options).flatMap(([option, { type }]) =>
        type === 'string' ? [[`--${option}=${NAME}`], [`--${option}`, NAME]] : [[`--${option}=${NAME}`]],
      )
      for (const args of [...given, [`--${NAME}`], [`-${NAME}`]]) {
        const watched = new Watched()
        const path = name === 'replay' || name === 'record' ? [`/no/such/${NAME}`] : []
        expect(await dispatch([name, ...path, ...args], watched.terminal), `${name} ${args.length}`).not.toBe(0)
        watched.expectSafe()
      }
    }
  })

  test.each(['EVENTS', 'RING_SIZE', 'ONLY', 'EXTENDED', 'CONFIG', 'INJECTION_WINDOW'])(
    'KERNELWIRE_%s',
    async (name) => {
      const watched = new Watched()
      watched.terminal.environment[`KERNELWIRE_${name}`] = NAME
      expect(await dispatch(['watch'], watched.terminal)).not.toBe(0)
      watched.expectSafe()
    },
  )
})

test.each([
  [JSON.stringify({ [HOSTILE]: 1 })],
  [JSON.stringify({ envelope: { [HOSTILE]: 1 } })],
  [JSON.stringify({ envelope: { oid: HOSTILE } })],
  [JSON.stringify({ events: [HOSTILE] })],
  [JSON.stringify({ filter: { [HOSTILE]: 1 } })],
  [JSON.stringify({ filter: { users: [HOSTILE] } })],
  [JSON.stringify({ correlation: { sensitive: [{ [HOSTILE]: 1 }] } })],
  [JSON.stringify({ ringBytes: HOSTILE })],
  [HOSTILE],
  [`{"events": ${HOSTILE}`],
])('a configuration (%#)', async (text) => {
  const path = join(temporaryFolder(), `${FILE_NAME}.json`)
  writeFileSync(path, text)
  const watched = new Watched()
  expect(await dispatch(['watch', '--config', path], watched.terminal)).toBe(2)
  watched.expectSafe()
})

test.each([['--json'], ['--lines', '--color', 'always']])('a recording, %s', async (...view) => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path), { extended: true })
  sensor.names = { 0: HOSTILE }
  sensor.takeSnapshot(950)
  sensor.run(960)
  const shell = { pid: 40, execId: 1, startMs: 1_000 }
  sensor.write(exec(shell, INIT, { path: `/${NAME}`, uid: 0 }))
  sensor.run(1_001)
  await sensor.close()
  const watched = new Watched()
  expect(await dispatch(['replay', path, ...view], watched.terminal)).toBe(0)
  expect(watched.out).toContain('FORGED')
  watched.expectSafe()
})

test('progress, and benchmarks', async () => {
  const watched = new Watched()
  watched.terminal.progress!(HOSTILE)
  const failing = (error: Error) => ({
    name: HOSTILE,
    run: async ({ progress }: { progress(what: string): void }) => {
      progress(HOSTILE)
      throw error
    },
  })
  const suites = [failing(new Unable(HOSTILE)), failing(new Error(HOSTILE))] as never
  await runSuites(suites, { quick: true, json: true, isRequired: true }, watched.terminal)
  watched.expectSafe()
})

test('nothing but lib/cli/terminal.ts has a way to stdout or stderr', () => {
  const lib = fileURLToPath(new URL('../../lib/', import.meta.url))
  const files = (readdirSync(lib, { recursive: true }) as string[])
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'))
  // Programs that benchmarks start have pipes, not terminals.
  const ours = files.filter((file) => file !== 'cli/terminal.ts' && !file.startsWith('bench/live/'))
  expect(ours.length).toBeGreaterThan(100)
  const found = ours.filter((file) =>
    /process\.std(out|err)|\bconsole\.|writeSync\(|emitWarning/.test(readFileSync(`${lib}${file}`, 'utf8')),
  )
  expect(found).toEqual([])
})
