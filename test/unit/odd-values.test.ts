/**
 * Whatever anybody gives for an option, it is taken as it is documented or refused with a code and a sentence that names
 * the option: never a failure of Node.js, never something else than was asked for.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMMAND_NAMES, COMMANDS, type CommandName } from '../../lib/cli/commands.js'
import { run as doctor } from '../../lib/cli/doctor.js'
import type { OptionFace } from '../../lib/cli/face.js'
import { run as ps } from '../../lib/cli/ps.js'
import { run as record } from '../../lib/cli/record.js'
import { run as watch } from '../../lib/cli/watch.js'
import { CONFIG_KEYS, parseConfig } from '../../lib/config/file.js'
import { KernelwireError } from '../../lib/errors.js'
import { OPTION_NAMES, validate } from '../../lib/options.js'
import { validateDump } from '../../lib/recording/options.js'
import { openRecording } from '../../lib/recording.js'
import { validateUpdate } from '../../lib/update.js'
import { fakeSensor } from './fake-run.js'
import { fileRecorder, RecordedSensor, temporaryFolder } from './recorded-sensor.js'
import { FakeTerminal } from './terminal.js'

const CYCLE: unknown[] = []
CYCLE.push(CYCLE)

const throwing = () => {
  throw new Error('not for you')
}

const { proxy: REVOKED, revoke } = Proxy.revocable({}, {})
revoke()

const isArray = (value: unknown): value is unknown[] => value !== REVOKED && Array.isArray(value)

/** Values of every type, and those that what is called on them fails for. */
const ODD: [string, unknown][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['-0', -0],
  ['1', 1],
  ['-1', -1],
  ['1.5', 1.5],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['1e308', 1e308],
  ['5e-324', 5e-324],
  ['2 ** 53', 2 ** 53],
  ['0n', 0n],
  ['a large bigint', 10n ** 400n],
  ['a symbol', Symbol('s')],
  ['""', ''],
  ['a number in words', '65536'],
  ['a name', 'NEW_PROCESS'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['a NUL', '/a\0b'],
  ['a million characters', 'x'.repeat(1e6)],
  ['half a surrogate pair', '\ud800'],
  ['a function', () => undefined],
  ['a class', class {}],
  ['[]', []],
  ['[[]]', [[]]],
  ['[["NEW_PROCESS"]]', [['NEW_PROCESS']]],
  ['[null]', [null]],
  ['[NaN]', [Number.NaN]],
  ['[symbol]', [Symbol('s')]],
  ['[bigint]', [1n]],
  ['[{}]', [{}]],
  ['["__proto__"]', ['__proto__']],
  ['["a NUL"]', ['/a\0b']],
  ['[{ toString }]', [{ toString: throwing }]],
  ['a hole', new Array(1)],
  ['an array without end', new Array(2 ** 32 - 1)],
  ['itself in an array', CYCLE],
  ['{}', {}],
  ['Object.create(null)', Object.create(null)],
  ['{ toString: throws }', { toString: throwing, valueOf: throwing, toJSON: throwing }],
  ['{ __proto__ }', JSON.parse('{"__proto__":{"x":1}}')],
  ['{ constructor }', { constructor: 1 }],
  ['a getter that throws', Object.defineProperty({}, 'path', { enumerable: true, get: throwing })],
  ['a proxy that throws', new Proxy({}, { ownKeys: throwing, get: throwing })],
  ['a proxy that was revoked', REVOKED],
  ['a date', new Date(Number.NaN)],
  ['a map', new Map()],
  ['a buffer', Buffer.from('/a')],
  ['a typed array', new Float64Array(2)],
  ['a string object', new String('x')],
  ['a number object', new Number(1)],
  ['an error', new Error('x')],
  ['a promise', Promise.resolve()],
]

/** Undefined when it was taken. */
function refusalOf(take: () => unknown): unknown {
  try {
    take()
    return undefined
  } catch (error) {
    return error
  }
}

/** With a code, and with a sentence in which the option is named. */
function expectRefusal(error: unknown, name: string): void {
  expect(error, String(name)).toBeInstanceOf(KernelwireError)
  const { code, message } = error as KernelwireError
  expect(['ERR_OPTION', 'ERR_UNKNOWN_EVENT']).toContain(code)
  expect(message.length, message).toBeLessThan(1_000)
  if (code === 'ERR_OPTION') expect(message).toContain(name)
}

/** Every option of openSensor(), and what else than undefined may be given for it. */
const OPTIONS: Record<(typeof OPTION_NAMES)[number], (value: unknown) => boolean> = {
  events: () => false,
  ringBytes: (value) => value === 65_536,
  extended: (value) => typeof value === 'boolean',
  allAccess: (value) => typeof value === 'boolean',
  forkWindowMs: (value) => value === 0 || value === 1,
  hashLimitBytes: (value) => value === 0 || value === 1,
  hashBytesPerSecond: () => false,
  hashRemote: (value) => typeof value === 'boolean',
  envelope: isEmpty,
  filter: isEmpty,
  correlation: isEmpty,
  onBatch: (value) => typeof value === 'function',
  on: isEmpty,
  onRecord: (value) => typeof value === 'function',
  record: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
  signal: () => false,
}

/** An object without any option in it is one with none set. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return !Array.isArray(value) && Object.keys(value).length === 0
  } catch {
    return false
  }
}

const isFlag = (value: unknown) => typeof value === 'boolean'
const isName = (value: unknown): value is string => typeof value === 'string' && /^[^\0]{1,1024}$/.test(value)
const never = () => false

const NESTED: Record<string, Record<string, (value: unknown) => boolean>> = {
  envelope: {
    oid: never,
    iid: never,
    sid: never,
    did: (value) => value === '',
    hostname: (value) => typeof value === 'string' && value !== '',
    ext_ip: (value) => value === '',
    int_ip: (value) => value === '',
    tags: (value) => isArray(value) && !value.includes(undefined) && value.every((tag) => typeof tag === 'string'),
  },
  filter: {
    paths: never,
    excludePaths: never,
    users: (value) => isArray(value) && value.length === 1 && isName(value[0]) && !/\p{Cc}/u.test(value[0]),
    excludeUsers: (value) => isArray(value) && value.length === 1 && isName(value[0]) && !/\p{Cc}/u.test(value[0]),
    cgroups: never,
    excludeCgroups: never,
    excludeEverywhere: isFlag,
    subtreeOf: (value) => value === 1,
    self: isFlag,
  },
  correlation: {
    sensitive: (value) => isArray(value) && value.length === 0,
    ignore: (value) => isArray(value) && value.length === 0,
    injectionWindowMs: (value) => value === 0 || value === 1,
  },
}

describe('openSensor', () => {
  test('each option is here', () => {
    expect(Object.keys(OPTIONS).sort()).toEqual([...OPTION_NAMES].sort())
  })

  test.each(Object.entries(OPTIONS))('%s', (name, isTaken) => {
    for (const [what, value] of ODD) {
      const error = refusalOf(() => validate({ [name]: value } as object))
      if (isTaken(value)) expect(error, what).toBeUndefined()
      else expectRefusal(error, name)
    }
  })

  for (const [group, options] of Object.entries(NESTED)) {
    test.each(Object.entries(options))(`${group}.%s`, (name, isTaken) => {
      for (const [what, value] of ODD) {
        const error = refusalOf(() => validate({ [group]: { [name]: value } } as object))
        if (isTaken(value)) expect(error, what).toBeUndefined()
        else expectRefusal(error, name)
      }
    })
  }

  test.each(['path', 'user'])('a rule with %s', (name) => {
    for (const [what, value] of ODD) {
      const error = refusalOf(() => validate({ correlation: { ignore: [{ [name]: value }] } } as object))
      const isTaken = name === 'user' && (value === 0 || value === 1 || isName(value)) && !/\p{Cc}/u.test(String(value))
      if (isTaken) expect(error, what).toBeUndefined()
      else expectRefusal(error, name)
    }
  })

  test.each(['force', 'maxBytes', 'maxFiles', 'lastMs', 'path'])('record.%s', (name) => {
    const others = name === 'lastMs' || name === 'path' ? {} : { path: 'run.kwr' }
    for (const [what, value] of ODD) {
      const error = refusalOf(() => validate({ record: { ...others, [name]: value } } as object))
      const isTaken =
        (name === 'force' && isFlag(value)) ||
        (name === 'maxFiles' && (value === 1 || value === 2 ** 53)) ||
        (name === 'path' && OPTIONS.record(value))
      if (isTaken && value !== 2 ** 53) expect(error, what).toBeUndefined()
      else expectRefusal(error, name)
    }
  })

  test.each(ODD)('the options themselves: %s', (_, value) => {
    const error = refusalOf(() => validate(value as object))
    if (isEmpty(value)) expect(error).toBeUndefined()
    else expectRefusal(error, 'option')
  })

  test('what an option inherits is none, whoever has put it there', () => {
    const inherited = Object.create({ extended: true, record: 'run.kwr' }) as object
    expect(validate(inherited)).toEqual(validate({}))
    const polluted = Object.prototype as { extended?: boolean }
    Object.defineProperty(polluted, 'extended', { value: true, configurable: true })
    try {
      expect(validate({}).extended).toBe(false)
      expect(validateUpdate({})).toEqual({ events: undefined, filter: undefined })
    } finally {
      delete polluted.extended
    }
  })

  test('what was checked does not change with what was given', () => {
    const users = ['root']
    const events: 'NEW_PROCESS'[] = ['NEW_PROCESS']
    const tags = ['lab']
    const given = { events, filter: { users }, envelope: { tags } }
    const resolved = validate(given)
    events.length = 0
    users[0] = '\0'
    tags.push(1 as never)
    given.filter = { users: [] }
    expect(resolved).toMatchObject({ filter: { users: ['root'] }, envelope: { tags: ['lab'] } })
    expect([...resolved.events]).toEqual(['NEW_PROCESS', 'LOSS_ACCOUNTING'])
  })

  test('a getter is asked once', () => {
    let asked = 0
    const options = {
      get ringBytes() {
        return asked++ === 0 ? 65_536 : 2 ** 40
      },
    }
    expect(validate(options).ringBytes).toBe(65_536)
    expect(asked).toBe(1)
  })
})

test.each(['events', 'filter'])('update: %s', (name) => {
  for (const [what, value] of ODD) {
    const error = refusalOf(() => validateUpdate({ [name]: value }))
    if (name === 'filter' && isEmpty(value)) expect(error, what).toBeUndefined()
    else expectRefusal(error, name)
  }
})

test('dump: a path and its options', () => {
  for (const [what, value] of ODD) {
    const path = refusalOf(() => validateDump(value))
    if (OPTIONS.record(value)) expect(path, what).toBeUndefined()
    else expectRefusal(path, 'dump()')
    const options = refusalOf(() => validateDump('run.kwr', value))
    if (isEmpty(value)) expect(options, what).toBeUndefined()
    else expectRefusal(options, 'dump()')
    const force = refusalOf(() => validateDump('run.kwr', { force: value }))
    if (isFlag(value)) expect(force, what).toBeUndefined()
    else expectRefusal(force, 'force')
  }
})

describe('openRecording', () => {
  let path = ''
  beforeAll(async () => {
    path = join(mkdtempSync(join(tmpdir(), 'kernelwire-')), 'run.kwr')
    await (await RecordedSensor.open(fileRecorder(path))).close()
    return () => rmSync(dirname(path), { recursive: true })
  })

  async function refusalOfOpening(paths: unknown, options?: unknown): Promise<unknown> {
    try {
      const recording = await openRecording(paths as string, options as object)
      await recording.close()
      return undefined
    } catch (error) {
      return error
    }
  }

  const OWN: Record<string, (value: unknown) => boolean> = {
    events: (value) => isArray(value) && value.length === 0,
    pid: (value) => value === 1,
    sinceMs: (value) => Number.isFinite(value),
    untilMs: (value) => Number.isFinite(value),
    speed: (value) => Number.isFinite(value) && (value as number) > 0,
    follow: isFlag,
    onBatch: OPTIONS.onBatch,
    on: isEmpty,
    onRecord: OPTIONS.onRecord,
    signal: OPTIONS.signal,
    // Taken for recordings of Windows, and this is none: they are named all the same.
    extended: never,
    envelope: never,
    correlation: never,
  }

  test.each(Object.entries(OWN))('%s', async (name, isTaken) => {
    for (const [what, value] of ODD) {
      const error = await refusalOfOpening(path, { [name]: value })
      if (isTaken(value)) expect(error, what).toBeUndefined()
      else expectRefusal(error, name)
    }
  })

  test('the files', async () => {
    for (const [what, value] of ODD) {
      const error = await refusalOfOpening(value)
      if (OPTIONS.record(value)) expect(error, what).toMatchObject({ code: 'ERR_FILE_READ' })
      else if (isArray(value) && value.length === 1 && OPTIONS.record(value[0])) {
        expect(error, what).toMatchObject({ code: 'ERR_FILE_READ' })
      } else expectRefusal(error, 'file')
    }
  })

  test.each(ODD)('the options themselves: %s', async (_, value) => {
    const error = await refusalOfOpening(path, value)
    if (isEmpty(value)) expect(error).toBeUndefined()
    else expectRefusal(error, 'option')
  })
})

describe('a configuration', () => {
  const json = ODD.flatMap(([what, value]) => {
    const text = refusalOf(() => JSON.stringify(value)) === undefined ? JSON.stringify(value) : undefined
    return text === undefined || text.length > 1e6 ? [] : ([[what, text]] as const)
  })
  const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']

  test('there are values that JSON can hold', () => {
    expect(json.length).toBeGreaterThan(25)
  })

  test.each(CONFIG_KEYS)('%s', (name) => {
    for (const [what, text] of json) {
      const value: unknown = JSON.parse(text)
      const error = refusalOf(() => parseConfig('f.json', `{"${name}":${text}}`))
      if (OPTIONS[name](value)) expect(error, what).toBeUndefined()
      else expectRefusal(error, name)
    }
  })

  test.each(keys)('names that every object has are no options: %s', (key) => {
    for (const text of [
      `{"${key}":{"extended":true}}`,
      ...Object.keys(NESTED).map((group) => `{"${group}":{"${key}":{"x":1}}}`),
      `{"correlation":{"ignore":[{"${key}":{"path":"/a"}}]}}`,
    ]) {
      expectRefusal(
        refusalOf(() => parseConfig('f.json', text)),
        `"${key}"`,
      )
    }
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe('the command line', () => {
  const WORDS = [
    ...[
      '',
      '-',
      '--',
      '-1',
      '0',
      '1',
      '1.5',
      'NaN',
      'Infinity',
      '1e308',
      '0x10',
      '99999999999999999999',
      '١',
      '1 MiB x',
    ],
    ...['__proto__', 'constructor', 'all,constructor', 'NEW_PROCESS,,', ',', ':', 'path:', 'user:', 'user:\u0000'],
    ...['path:relative', 'subtree:-1', 'subtree:9999999999', 'user:99999999999', '@', '@@', '/a@', '\ud800'],
    ...['2026-13-45', '2026-01-01T99:99Z', '-5s', '5y', '1000000h', 'x'.repeat(1e5)],
  ]
  /** None of them opens anything. */
  const RUNS: Partial<Record<CommandName, (args: readonly string[], terminal: FakeTerminal) => Promise<number>>> = {
    watch: (args, terminal) => watch(args, terminal, async () => fakeSensor() as never),
    record: (args, terminal) => record(args, terminal, async () => fakeSensor() as never),
    ps: (args, terminal) => ps(args, terminal, async () => []),
    doctor: (args, terminal) =>
      doctor(args, terminal, {
        facts: async () => FACTS,
        tryOut: async () => ({ outcome: { attachments: [] }, measured: undefined }),
      }),
  }
  const FACTS = { platform: 'linux', arch: 'x64', kernel: '6.1', hasBtf: true, missing: [] }

  test.each(COMMAND_NAMES)('%s', async (name) => {
    const { face, run } = await COMMANDS[name].load()
    const options = Object.entries(face.options as Record<string, OptionFace>).filter(
      ([, { type }]) => type === 'string',
    )
    for (const [option] of options) {
      for (const word of WORDS) {
        const files = name === 'record' && option !== 'last' ? ['run.kwr'] : name === 'replay' ? ['/no/such.kwr'] : []
        const terminal = new FakeTerminal()
        const args = [...files, `--${option}=${word}`]
        const error = await (RUNS[name] ?? run)(args, terminal).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error === undefined) continue
        expect(error, `${option} ${word}`).toBeInstanceOf(KernelwireError)
        expect((error as Error).message.length).toBeLessThan(5_000)
      }
    }
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '--%s is no option of any command',
    async (word) => {
      for (const name of COMMAND_NAMES) {
        const { run } = await COMMANDS[name].load()
        for (const args of [[`--${word}`], [`--${word}=x`], [`--no-${word}`]]) {
          await expect(run(args, new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_OPTION' })
        }
      }
    },
  )

  test.each(['__proto__', 'constructor'])('%s is no command, no event, no shell and no schema', async (word) => {
    const { dispatch } = await import('../../lib/cli/dispatch.js')
    for (const args of [[word], ['help', word], ['schema', word], ['completion', word], ['watch', '--events', word]]) {
      expect(await dispatch(args, new FakeTerminal())).toBe(2)
    }
  })

  test('a configuration file of any kind is refused with a code', async () => {
    const folder = temporaryFolder()
    for (const text of ['', 'null', '[]', '1', '"x"', '{"a"', '\ufeff{}', '\0', '{"events":[["NEW_PROCESS"]]}']) {
      const path = join(folder, 'f.json')
      writeFileSync(path, text)
      await expect(watch(['--config', path], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_OPTION' })
    }
    await expect(watch(['--config', folder], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
    await expect(watch(['--config', '/no\0such'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
  })
})
