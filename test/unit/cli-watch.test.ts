import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Tally } from '../../lib/cli/tally.js'
import { type Open, run } from '../../lib/cli/watch.js'
import type { Attachment } from '../../lib/coverage.js'
import type { EventRecord } from '../../lib/events/index.js'
import { ReaderGone } from '../../lib/output/writer.js'
import { fakeStats } from '../../lib/testing/fake-stats.js'
import { loss, newProcess, terminateProcess } from './records.js'
import { brokenPipe, FakeTerminal } from './terminal.js'

/** Promise.withResolvers(), which Node.js 20 does not have. */
function withResolvers() {
  let resolve!: () => void
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** Delivers the batches, then waits to be closed as a sensor does, then delivers what was left in the ring. */
class ScriptedSensor {
  opened: Parameters<Open>[0] | undefined
  coverage = { attachments: [] as Attachment[] }
  left: EventRecord[] = []
  closings = 0
  taken = 0
  readonly #batches: EventRecord[][]
  readonly #closed = withResolvers()

  constructor(...batches: EventRecord[][]) {
    this.#batches = batches
  }

  readonly open = (async (options) => {
    this.opened = options
    return this
  }) as Open

  stats() {
    return fakeStats(new Map(), 0, 0)
  }

  async close(): Promise<void> {
    this.closings++
    this.#closed.resolve()
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (const batch of this.#batches) {
        this.taken++
        yield batch
      }
      await this.#closed.promise
      if (this.left.length > 0) yield this.left
    } finally {
      await this.close()
    }
  }
}

const linesOf = (terminal: FakeTerminal) =>
  terminal.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('each event is one line of JSON, each batch one write', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([newProcess(), terminateProcess()], [newProcess()])
  expect(await run(['--count', '3'], terminal, sensor.open)).toBe(0)
  expect(linesOf(terminal)).toEqual([newProcess(), terminateProcess(), newProcess()])
  expect(terminal.writes).toHaveLength(2)
})

test('--count ends after exactly so many lines, in the middle of a batch, and closes the sensor', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([1, 2, 3, 4, 5].map(terminateProcess), [6].map(terminateProcess))
  expect(await run(['--count', '3'], terminal, sensor.open)).toBe(0)
  expect(linesOf(terminal).map((record) => record.event.PROCESS_ID)).toEqual([1, 2, 3])
  expect(sensor.closings).toBeGreaterThan(0)
  expect(sensor.taken).toBe(1)
})

test('options reach the sensor', async () => {
  const sensor = new ScriptedSensor([newProcess()])
  const sizes = ['--ring-size', '1MiB', '--hash-limit', '2MiB']
  const args = [
    '--events',
    'NEW_PROCESS,TERMINATE_PROCESS',
    ...sizes,
    '--extended',
    '--all-access',
    '--hash-rate',
    '3MiB',
    '--hash-remote',
    '--json',
    '--count',
    '1',
  ]
  await run(args, new FakeTerminal(), sensor.open)
  expect(sensor.opened).toMatchObject({
    events: ['NEW_PROCESS', 'TERMINATE_PROCESS'],
    ringBytes: 1_048_576,
    hashLimitBytes: 2_097_152,
    hashBytesPerSecond: 3_145_728,
    hashRemote: true,
    extended: true,
    allAccess: true,
  })
})

test.each(['SIGINT', 'SIGTERM'])(
  '%s ends cleanly: what is still in the ring is printed, then a summary',
  async (signal) => {
    const terminal = new FakeTerminal()
    const sensor = new ScriptedSensor([newProcess(), newProcess()])
    sensor.left = [loss({ EXEC: 2, EXIT: 1 }), terminateProcess()]
    const ended = run([], terminal, sensor.open)
    await vi.waitFor(() => expect(terminal.writes).toHaveLength(1))
    terminal.signals.emit(signal, signal)
    expect(await ended).toBe(0)
    expect(linesOf(terminal)).toHaveLength(4)
    expect(terminal.said).toEqual([
      expect.stringMatching(
        /^kernelwire: \d+\.\d s, 4 events \(2 NEW_PROCESS, 1 LOSS_ACCOUNTING, 1 TERMINATE_PROCESS\), 3 records lost \(2 EXEC, 1 EXIT\)$/,
      ),
    ])
    expect(terminal.exits).toEqual([])
    expect(terminal.signals.listenerCount('SIGINT') + terminal.signals.listenerCount('SIGTERM')).toBe(0)
  },
)

test('a second SIGINT does not wait for a reader that takes nothing', async () => {
  const terminal = new FakeTerminal()
  terminal.reader = () => new Promise(() => undefined)
  void run([], terminal, new ScriptedSensor([newProcess()]).open)
  await sleep(5)
  terminal.signals.emit('SIGINT', 'SIGINT')
  expect(terminal.exits).toEqual([])
  terminal.signals.emit('SIGINT', 'SIGINT')
  expect(terminal.exits).toEqual([130])
})

test('SIGINT while the sensor is starting ends it quietly', async () => {
  const terminal = new FakeTerminal()
  const open: Open = ({ signal }) =>
    new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  const ended = run([], terminal, open)
  terminal.signals.emit('SIGINT', 'SIGINT')
  expect(await ended).toBe(0)
  expect(terminal.said).toEqual([])
})

test('SIGINT that the start did not notice closes the sensor as soon as it is there', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor()
  const ended = run([], terminal, async (options) => {
    terminal.signals.emit('SIGINT', 'SIGINT')
    return sensor.open(options)
  })
  expect(await ended).toBe(0)
  expect(sensor.closings).toBeGreaterThan(0)
})

test('--duration ends cleanly', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([newProcess()])
  sensor.left = [terminateProcess()]
  expect(await run(['--duration', '20ms'], terminal, sensor.open)).toBe(0)
  expect(linesOf(terminal)).toHaveLength(2)
  expect(terminal.said[0]).toMatch(/2 events .*, nothing lost$/)
})

test('no batch is taken from the sensor while the reader is busy with the last one: the ring is the only queue', async () => {
  const terminal = new FakeTerminal()
  const reading = withResolvers()
  terminal.reader = () => reading.promise
  const sensor = new ScriptedSensor([newProcess()], [newProcess()], [newProcess()])
  const ended = run(['--count', '3'], terminal, sensor.open)
  await sleep(20)
  expect(sensor.taken).toBe(1)
  reading.resolve()
  await ended
  expect(sensor.taken).toBe(3)
})

test('a reader that went away ends it without a word, and closes the sensor', async () => {
  const terminal = new FakeTerminal()
  terminal.reader = brokenPipe
  const sensor = new ScriptedSensor([newProcess()])
  await expect(run([], terminal, sensor.open)).rejects.toBeInstanceOf(ReaderGone)
  expect(terminal.said).toEqual([])
  expect(sensor.closings).toBeGreaterThan(0)
})

test('a batch of large events is written in pieces of whole lines', async () => {
  const terminal = new FakeTerminal()
  const large = Array.from({ length: 8 }, () => newProcess({ COMMAND_LINE: 'x'.repeat(10_000) }))
  await run(['--count', '8'], terminal, new ScriptedSensor(large).open)
  expect(terminal.writes.map((text) => text.split('\n').length - 1)).toEqual([4, 4])
  expect(linesOf(terminal)).toEqual(large)
})

/** A terminal of 80 columns. */
function screen(rows = 24): FakeTerminal {
  const terminal = new FakeTerminal()
  return Object.assign(terminal, { isTerminal: true, columns: 80, rows, environment: { NO_COLOR: '1' } })
}

const HOSTILE = newProcess({ COMMAND_LINE: 'echo \u009b2J\u202e' })

test('on a terminal each event is a line to read, and no event can act upon it', async () => {
  const terminal = screen()
  const sensor = new ScriptedSensor([HOSTILE, terminateProcess()])
  await run(['--count', '2'], terminal, sensor.open)
  expect(terminal.output).toMatch(/^\d\d:\d\d:\d\d start +4711 root +\/usr\/bin\/true \(echo\) \\u009b2J\\u202e/)
  expect(terminal.output.split('\n')).toHaveLength(3)
  expect(sensor.opened).toMatchObject({ extended: true })
})

test('--json gives JSON there too, escaped where a terminal would obey', async () => {
  const terminal = screen()
  const sensor = new ScriptedSensor([HOSTILE])
  await run(['--json', '--count', '1'], terminal, sensor.open)
  expect(terminal.output).not.toMatch(/[\u009b\u202e]/)
  expect(linesOf(terminal)).toEqual([HOSTILE])
  expect(sensor.opened).toMatchObject({ extended: false })
})

test('--lines gives lines in a pipe too, --color colours them', async () => {
  const terminal = new FakeTerminal()
  await run(['--lines', '--color', 'always', '--count', '1'], terminal, new ScriptedSensor([newProcess()]).open)
  expect(terminal.output).toContain('\x1b[1m/usr/bin/true\x1b[0m')
})

test('--tree takes the whole terminal, and gives it back', async () => {
  const terminal = screen(5)
  const sensor = new ScriptedSensor([newProcess()])
  const ended = run(['--tree', '--duration', '500ms'], terminal, sensor.open)
  await vi.waitFor(() => expect(terminal.output).toContain('4711 root     true'))
  expect(terminal.armed.size).toBe(1)
  expect(await ended).toBe(0)
  expect(terminal.output.startsWith('\x1b[?1049h')).toBe(true)
  expect(terminal.output.endsWith('\x1b[?1049l')).toBe(true)
  expect(terminal.armed.size).toBe(0)
  expect(sensor.opened).toMatchObject({ events: ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] })
})

test('a terminal that fails ends the tree', async () => {
  const terminal = screen()
  const sensor = new ScriptedSensor([newProcess()])
  sensor.left = [newProcess()]
  const ended = run(['--tree', '--duration', '600ms'], terminal, sensor.open)
  setTimeout(() => {
    terminal.reader = brokenPipe
  }, 20)
  await expect(ended).rejects.toBeInstanceOf(ReaderGone)
})

test.each([
  [['--json', '--tree'], '--json and --tree exclude each other'],
  [['--tree', '--events', 'NEW_PROCESS'], '--tree needs its own events'],
])('%j is refused', async (args, sentence) => {
  await expect(run(args, screen(), new ScriptedSensor().open)).rejects.toThrow(sentence)
})

test('--tree in a pipe is refused, with what to write instead', async () => {
  const refused = run(['--tree'], new FakeTerminal(), new ScriptedSensor().open)
  await expect(refused).rejects.toThrow('--tree needs a terminal; write kernelwire ps --tree')
})

test('a sensor that fails while running is an error of the program', async () => {
  const failing: Open = async () => ({
    coverage: { attachments: [] },
    stats: () => fakeStats(new Map(), 0, 0),
    close: async () => undefined,
    // biome-ignore lint/correctness/useYield: it fails before there is an event
    async *[Symbol.asyncIterator]() {
      throw new Error('ring torn')
    },
  })
  await expect(run([], new FakeTerminal(), failing)).rejects.toThrow('ring torn')
})

const ATTACHED: Attachment = {
  program: 'process_fork',
  hook: 'tp_btf/sched_process_fork',
  attached: true,
  events: ['NEW_PROCESS'],
}
const REFUSED: Attachment = {
  program: 'process_exec',
  hook: 'tp_btf/sched_process_exec',
  attached: false,
  events: ['NEW_PROCESS', 'PROCESS_ENVIRONMENT'],
  reason: 'the verifier refused it',
  details: 'R1 invalid mem access',
}

test('what could not be attached is told, with the events that suffer', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([newProcess()])
  sensor.coverage = { attachments: [ATTACHED, REFUSED] }
  await run(['--count', '1'], terminal, sensor.open)
  expect(terminal.said[0]).toBe(
    'kernelwire: could not attach process_exec to tp_btf/sched_process_exec (the verifier refused it): ' +
      'affects NEW_PROCESS, PROCESS_ENVIRONMENT',
  )
  expect(terminal.said).toHaveLength(2)
})

test('what could not even be loaded has no hook to name', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([newProcess()])
  sensor.coverage = { attachments: [{ ...REFUSED, hook: '' }] }
  await run(['--count', '1'], terminal, sensor.open)
  expect(terminal.said[0]).toMatch(/^kernelwire: could not load process_exec \(the verifier refused it\): affects /)
})

test('--verbose tells also what was attached, and what the kernel said', async () => {
  const terminal = new FakeTerminal()
  const sensor = new ScriptedSensor([newProcess()])
  sensor.coverage = { attachments: [ATTACHED, REFUSED] }
  await run(['--count', '1', '--verbose'], terminal, sensor.open)
  expect(terminal.said[0]).toBe('kernelwire: attached process_fork to tp_btf/sched_process_fork')
  expect(terminal.said[1]).toMatch(/PROCESS_ENVIRONMENT$/)
  expect(terminal.said[2]).toBe('  R1 invalid mem access')
})

test.each([
  [['--events', 'NOPE'], 'ERR_UNKNOWN_EVENT'],
  [['--ring-size', '1KiB'], 'ERR_OPTION'],
  [['--duration', 'soon'], 'ERR_OPTION'],
  [['--count', '0'], 'ERR_OPTION'],
  [['NEW_PROCESS'], 'ERR_OPTION'],
])('%j is refused before anything is started', async (args, code) => {
  const sensor = new ScriptedSensor()
  const terminal = new FakeTerminal()
  await expect(run(args, terminal, sensor.open)).rejects.toMatchObject({ code })
  expect(sensor.opened).toBeUndefined()
})

test('a summary has the time in seconds, the most frequent event first, and every lost record', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const tally = new Tally()
  for (const record of [
    newProcess(),
    terminateProcess(),
    terminateProcess(),
    loss({ EXIT: 5 }),
    loss({ EXIT: 1, FORK: 2 }),
  ]) {
    tally.add(record)
  }
  vi.advanceTimersByTime(12_340)
  const summary = tally.summary()
  vi.useRealTimers()
  expect(summary).toBe(
    '12.3 s, 5 events (2 TERMINATE_PROCESS, 2 LOSS_ACCOUNTING, 1 NEW_PROCESS), 8 records lost (6 EXIT, 2 FORK)',
  )
})

test('rules of correlation reach the sensor', async () => {
  const sensor = new ScriptedSensor([newProcess()])
  const rules = ['--sensitive', '/usr/bin/gpg-agent@ada', '--ignore', '*/gdb', '--injection-window', '3s']
  await run([...rules, '--count', '1'], new FakeTerminal(), sensor.open)
  expect(sensor.opened?.correlation).toMatchObject({
    sensitive: [{ path: '/usr/bin/gpg-agent', user: 'ada' }],
    ignore: [expect.anything()],
  })
})
