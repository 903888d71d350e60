/** kernelwire record: what it asks of a sensor, and what a signal does. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Open, run } from '../../lib/cli/record.js'
import { KernelwireError } from '../../lib/errors.js'
import type { SensorOptions } from '../../lib/options.js'
import { FakeTerminal } from './terminal.js'

/** A sensor that delivers nothing until it is closed. */
class Silent {
  readonly coverage = { attachments: [] }
  readonly dumped: unknown[] = []
  readonly taken = new Set<string>()
  options: SensorOptions | undefined
  #close: () => void = () => {}
  readonly #closed = new Promise<void>((resolve) => {
    this.#close = resolve
  })

  readonly open: Open = async (options) => {
    this.options = options as SensorOptions
    return this
  }

  async close() {
    this.#close()
  }

  async dump(path: string, options: { force?: boolean } = {}) {
    if (this.taken.has(path) && !options.force) throw new KernelwireError('ERR_FILE_EXISTS', `${path} is there`)
    if (path.startsWith('/full/')) throw new KernelwireError('ERR_FILE_WRITE', `cannot write ${path}: ENOSPC`)
    this.taken.add(path)
    this.dumped.push([path, options])
  }

  async *[Symbol.asyncIterator]() {
    await this.#closed
    yield* []
  }
}

async function flight(args: string[], signals: number, sensor = new Silent()) {
  const terminal = new FakeTerminal()
  const running = run(args, terminal, sensor.open)
  await expect.poll(() => terminal.signals.listenerCount('SIGUSR2')).toBe(1)
  for (let i = 0; i < signals; i++) terminal.signals.emit('SIGUSR2')
  await delay(0)
  terminal.signals.emit('SIGINT', 'SIGINT')
  expect(await running).toBe(0)
  expect(terminal.signals.listenerCount('SIGUSR2')).toBe(0)
  return { sensor, said: terminal.said }
}

test('options become those of the sensor', async () => {
  const sensor = new Silent()
  const args = ['run.kwr', '--events', 'NEW_PROCESS', '--max-size', '2MiB', '--max-files', '3', '--force']
  const terminal = new FakeTerminal()
  const running = run([...args, '--duration', '10ms'], terminal, sensor.open)
  expect(await running).toBe(0)
  expect(sensor.options).toMatchObject({
    events: ['NEW_PROCESS'],
    record: { path: 'run.kwr', force: true, maxBytes: 2 * 2 ** 20, maxFiles: 3 },
  })
  expect(terminal.said).toEqual([expect.stringMatching(/^kernelwire: run\.kwr: .*nothing lost$/)])
})

test('each SIGUSR2 makes one dump, none in the place of another file', async () => {
  const sensor = new Silent()
  sensor.taken.add('crash.1.kwr')
  const { said } = await flight(['crash.kwr', '--last', '5m', '--max-size', '8MiB'], 2, sensor)
  expect(sensor.options).toMatchObject({ record: { lastMs: 300_000, maxBytes: 8 * 2 ** 20 } })
  expect(sensor.dumped).toEqual([
    ['crash.kwr', { force: false }],
    ['crash.2.kwr', { force: false }],
  ])
  expect(said.slice(0, 2)).toEqual(['kernelwire: wrote crash.kwr', 'kernelwire: wrote crash.2.kwr'])
})

test('without a file, a dump is called after the time', async () => {
  const { sensor } = await flight(['--last', '1m'], 1)
  expect(sensor.dumped).toEqual([[expect.stringMatching(/^kernelwire-\d{8}T\d{6}Z\.kwr$/), { force: false }]])
})

test('a dump that fails is said with its code, and the recorder goes on', async () => {
  const { said } = await flight(['/full/run.kwr', '--last', '1m'], 2)
  expect(said.filter((line) => line.includes('(ERR_FILE_WRITE)'))).toHaveLength(2)
})

test.each([
  [[], 'record needs a file'],
  [['a.kwr', 'b.kwr'], '"b.kwr" is a second one'],
  [['a.kwr', '--max-size', '4KiB'], '1MiB at least'],
  [['--last', '5m', '--max-files', '2'], 'leave it out with --last'],
  [['a.kwr', '--last', 'long'], '--last'],
])('%j is refused in one sentence', async (args, words) => {
  const refused = { code: 'ERR_OPTION', message: expect.stringContaining(words) }
  await expect(run(args, new FakeTerminal(), new Silent().open)).rejects.toMatchObject(refused)
})

test('without SIGUSR2, as on Windows, a flight recorder is refused before anything is opened', async () => {
  const terminal = new FakeTerminal()
  terminal.hasUserSignals = false
  const running = run(['--last', '5m'], terminal, () => expect.fail('it was opened'))
  await expect(running).rejects.toMatchObject({ code: 'ERR_OPTION', message: expect.stringContaining('SIGUSR2') })
})
