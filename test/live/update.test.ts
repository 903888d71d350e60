/** What a sensor is asked for, changed while it runs. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type EventName, type EventRecord, isEvent } from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'
import { openRecording } from '../../lib/recording.js'
import type { Sensor } from '../../lib/sensor.js'
import type { SensorUpdate } from '../../lib/update.js'
import { namedTooEarly } from './causality.js'
import { programsFor } from './coverage.js'
import { whileHeld } from './held.js'
import { attachedPrograms, heldBy } from './kernel-objects.js'
import { isWhole, Lives } from './lives.js'
import { program } from './programs.js'
import { eventsOfPid, open } from './sensor.js'
import { scaled, storm } from './storm.js'
import { temporaryFolder } from './temporary.js'

const LIFE = ['NEW_PROCESS', 'TERMINATE_PROCESS'] as const satisfies readonly EventName[]
const STARTS = ['EXISTING_PROCESS', ...LIFE] as const satisfies readonly EventName[]
/** An exec and its fork are one event however slow the machine is. */
const FORK_WINDOW_MS = 10_000

const openAny = (options: SensorOptions<EventName>): Promise<Sensor> =>
  open<EventName>({ forkWindowMs: FORK_WINDOW_MS, ...options })

/** Closes it, and has all that it told. */
async function allOf(sensor: Sensor): Promise<EventRecord[]> {
  const loop = collect(sensor)
  // Whatever is in the ring was made before: the loop has begun.
  await sensor.close()
  return loop
}

async function collect(events: AsyncIterable<EventRecord[]>): Promise<EventRecord[]> {
  const all: EventRecord[] = []
  for await (const batch of events) all.push(...batch)
  return all
}

function copyOf(name: string): string {
  const file = join(temporaryFolder(), name)
  copyFileSync(program('exit-as-told'), file)
  return file
}

const namesOf = (events: readonly EventRecord[], pid: number | undefined) =>
  eventsOfPid(events, pid).map(({ routing }) => routing.event_type)

/** Of MODULE_LOAD and PROCESS_ENVIRONMENT those that this kernel can tell. */
async function besideLife(): Promise<EventName[]> {
  const programs = await programsFor(['MODULE_LOAD'])
  return [...(programs.includes('module_exec') ? ['MODULE_LOAD' as const] : []), 'PROCESS_ENVIRONMENT']
}

function expectAllAccounted(sensor: Sensor): void {
  for (const [name, of] of Object.entries(sensor.stats().records)) {
    const { attempts, failed, refused, read, delivered, folded, filtered, bad, dropped, waiting } = of
    expect([name, attempts]).toEqual([name, read + failed + refused])
    expect([name, read]).toEqual([name, delivered + folded + filtered + bad + dropped + waiting])
    expect([name, bad, waiting]).toEqual([name, 0, 0])
  }
}

test('what is asked for before and after has no gap: a storm, joined one to one, while all else comes and goes', async () => {
  const sensor = await openAny({ events: STARTS })
  const loop = collect(sensor)
  const others: readonly SensorUpdate[] = [
    { events: [...STARTS, 'MODULE_LOAD', 'PROCESS_ENVIRONMENT'] },
    { filter: { excludePaths: ['/no/such/program'], self: false } },
    { events: [...STARTS, 'OPEN_NAMED_PIPE', 'NEW_NAMED_PIPE', 'THREAD_INJECTION'] },
    { events: STARTS, filter: {} },
    { events: [...STARTS, 'REMOTE_PROCESS_HANDLE', 'CODE_IDENTITY', 'MODULE_LOAD'] },
    { events: STARTS },
  ]
  const made: Awaited<ReturnType<typeof storm>>['made'] = []
  let isOver = false
  const storming = (async () => {
    while (!isOver) made.push(...(await storm({ exits: scaled(2_000), execs: scaled(200) })).made)
  })()
  for (const update of [...others, ...others]) await sensor.update(update)
  isOver = true
  await storming
  await sensor.close()
  const events = await loop

  const lives = new Lives(events)
  expect(made.length).toBeGreaterThan(scaled(2_000))
  expect(made.filter((one) => !isWhole(lives.of(one)))).toEqual([])
  // Something of all that came and went did come.
  for (const name of await besideLife()) {
    expect([name, events.some((record) => isEvent(record, name))]).toEqual([name, true])
  }
  expect(namedTooEarly(events)).toEqual([])
  expect(sensor.stats().lost).toBe(0)
  expectAllAccounted(sensor)
})

test("the kernel's own list of links: more with an event that needs more, then the very same as before", async () => {
  const sensor = await openAny({ events: LIFE })
  const links = () => new Set([...heldBy(process.pid)].filter((name) => name.startsWith('link ')))
  try {
    const [before, programs] = [links(), attachedPrograms(process.pid)]
    expect(programs).toEqual(expect.arrayContaining(['process_exit', 'process_exec', 'process_fork']))
    await sensor.update({ events: [...LIFE, 'OPEN_NAMED_PIPE', 'NEW_REMOTE_THREAD'] })
    const during = links()
    expect([...before].filter((link) => !during.has(link))).toEqual([])
    // Which of those for pipes there are depends on the kernel.
    const forPipes = expect.stringMatching(/^fifo_/)
    expect(attachedPrograms(process.pid)).toEqual(expect.arrayContaining([forPipes, 'remote_thread']))
    const covered = () => sensor.coverage.attachments.filter(({ attached }) => attached).map((one) => one.program)
    expect(covered()).toEqual(expect.arrayContaining(['process_exit', forPipes, 'remote_thread']))
    await sensor.update({ events: [...LIFE, 'OPEN_NAMED_PIPE'] })
    for (const now of [attachedPrograms(process.pid), covered()]) {
      expect(now).toEqual(expect.arrayContaining([forPipes]))
      expect(now).not.toContain('remote_thread')
    }
    await sensor.update({ events: LIFE })
    expect(links()).toEqual(before)
    expect(attachedPrograms(process.pid)).toEqual(programs)
  } finally {
    await sensor.close()
  }
})

test('a filter is another one from an exact point on, though nothing was read until then', async () => {
  const [left, right] = [copyOf('left'), copyOf('right')]
  const run = () => [left, right].map((file) => spawnSync(file).pid)
  const beside = await besideLife()
  const sensor = await openAny({ events: [...LIFE, ...beside] })
  const all = run()
  await sensor.update({ filter: { paths: [right] } })
  const onlyRight = run()
  await sensor.update({ events: ['NEW_PROCESS'], filter: { paths: [left] } })
  const onlyLeft = run()
  await sensor.update({ events: [...LIFE, ...beside], filter: {} })
  const again = run()
  const events = await allOf(sensor)

  const whole = ['NEW_PROCESS', ...namesOf(events, all[0]).slice(1, -1), 'TERMINATE_PROCESS']
  expect(whole).toEqual(expect.arrayContaining(beside))
  expect(all.map((pid) => namesOf(events, pid))).toEqual([whole, whole])
  expect(onlyRight.map((pid) => namesOf(events, pid))).toEqual([[], whole])
  expect(onlyLeft.map((pid) => namesOf(events, pid))).toEqual([['NEW_PROCESS'], []])
  expect(again.map((pid) => namesOf(events, pid))).toEqual([whole, whole])
  expectAllAccounted(sensor)
})

test('who comes into view is told first; what only a later filter asks about is known of those that were there', async () => {
  const file = join(temporaryFolder(), 'held')
  copyFileSync(program('hold'), file)
  const sensor = await openAny({ events: ['EXISTING_PROCESS', ...LIFE], filter: { paths: [copyOf('nobody')] } })
  const loop = collect(sensor)
  const early = await whileHeld(file, [], async () => {
    await sensor.update({ filter: { paths: [file] } })
    await sensor.update({ filter: { excludePaths: ['/bin/no'] } })
    await sensor.update({ filter: { paths: [file] } })
  })
  const excluded = await whileHeld(file, [], () => sensor.update({ filter: { excludePaths: [file] } }))
  const late = spawnSync(program('exit-as-told'))
  await sensor.close()
  const events = await loop

  expect(namesOf(events, early.child.pid)).toEqual(['EXISTING_PROCESS', 'TERMINATE_PROCESS'])
  expect(namesOf(events, excluded.child.pid)).toEqual(['NEW_PROCESS'])
  expect(namesOf(events, late.pid)).toEqual(['NEW_PROCESS', 'TERMINATE_PROCESS'])
  // The kernel was asked for namespaces; the events are those of a sensor without `extended`.
  expect(events.filter(({ event }) => 'NAMESPACES' in event)).toEqual([])
  expect(namesOf(events, process.pid)).toEqual(['EXISTING_PROCESS'])
})

test('a filter that stays the same says the same of whom it has judged, though their details are gone', async () => {
  const file = join(temporaryFolder(), 'held')
  copyFileSync(program('hold'), file)
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await openAny({ events: LIFE, filter: { excludePaths: [file] }, record: path })
  const loop = collect(sensor)
  const { child } = await whileHeld(file, [], async () => {
    await sensor.update({ events: STARTS })
    await sensor.update({ filter: { excludePaths: [file] } })
  })
  await sensor.close()
  const events = await loop
  expect(namesOf(events, child.pid)).toEqual([])
  expect(namesOf(events, process.pid)).toEqual(['EXISTING_PROCESS'])
  expect(JSON.stringify(await collect(await openRecording(path)))).toBe(JSON.stringify(events))
})

test('a subtree begins with the process and those that are its children by then', async () => {
  const sensor = await openAny({ events: LIFE })
  const shell = spawn('sh', ['-c', 'read line; /bin/true; read line; /bin/true'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  await sensor.update({ filter: { subtreeOf: shell.pid! } })
  const stranger = spawnSync(program('exit-as-told'))
  const end = new Promise((resolve) => shell.on('close', resolve))
  shell.stdin.write('\n')
  await sensor.update({ events: LIFE, filter: { subtreeOf: shell.pid! } })
  shell.stdin.end('\n')
  await end
  const events = await allOf(sensor)
  expect(namesOf(events, stranger.pid)).toEqual([])
  expect(namesOf(events, shell.pid).at(-1)).toBe('TERMINATE_PROCESS')
  const children = events.filter(
    (record) => isEvent(record, 'NEW_PROCESS') && record.event.PARENT?.PROCESS_ID === shell.pid,
  )
  expect(children).toHaveLength(2)
})

test('files of programs that run already are looked into when that is asked for', async () => {
  const file = join(temporaryFolder(), 'held')
  copyFileSync(program('hold'), file)
  const sensor = await openAny({ events: LIFE })
  const found = (async () => {
    for await (const record of sensor.events()) {
      if (isEvent(record, 'CODE_IDENTITY') && record.event.FILE_PATH === file) return record.event.HASH
    }
    return undefined
  })()
  await whileHeld(file, [], async () => {
    await sensor.update({ events: ['CODE_IDENTITY'] })
    expect(await found).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'))
  })
})

test('a replay across changes says what was said live, to the byte', async () => {
  const [path, left] = [join(temporaryFolder(), 'run.kwr'), copyOf('left')]
  const sensor = await openAny({ events: LIFE, record: path })
  const loop = collect(sensor)
  const updates: readonly SensorUpdate[] = [
    { events: [...LIFE, 'MODULE_LOAD', 'CODE_IDENTITY', 'EXISTING_PROCESS'] },
    { filter: { excludePaths: ['/bin/no'], users: ['root'] } },
    { events: [...LIFE, 'PROCESS_ENVIRONMENT', 'SENSITIVE_PROCESS_ACCESS'], filter: { paths: [left] } },
    { events: LIFE, filter: {} },
  ]
  for (const update of updates) {
    const storming = storm({ exits: scaled(200), execs: scaled(100) })
    spawnSync(left)
    await sensor.update(update)
    spawnSync(left)
    await storming
  }
  await sensor.close()
  const live = (await loop).map((record) => JSON.stringify(record))
  const recording = await openRecording(path)
  const replayed = (await collect(recording)).map((record) => JSON.stringify(record))
  expect(live.length).toBeGreaterThan(scaled(1_000))
  expect(replayed.length).toBe(live.length)
  expect(replayed.find((line, i) => line !== live[i])).toBeUndefined()
  expect(recording.damage).toEqual({ blocks: 0, bytes: 0, entries: 0, isCut: false })
  expect(recording.coverage).toEqual(sensor.coverage)
  expect(recording.stats().events).toEqual(sensor.stats().events)

  const some = await openRecording(path, { events: ['MODULE_LOAD'] })
  const count = live.filter((line) => line.includes('"event_type":"MODULE_LOAD"')).length
  expect(await collect(some)).toHaveLength(count)
  await expect(openRecording(path, { events: ['NEW_NAMED_PIPE'] })).rejects.toMatchObject({
    code: 'ERR_EVENT_UNSUPPORTED',
  })
})

test('what cannot be asked for changes nothing, and neither does a sensor that is closed', async () => {
  const sensor = await openAny({ events: LIFE })
  const before = attachedPrograms(process.pid)
  for (const [update, code] of [
    [{ events: ['NO_SUCH_EVENT'] }, 'ERR_UNKNOWN_EVENT'],
    [{ filter: { users: ['no-such-user-here'] } }, 'ERR_OPTION'],
    [{ filter: { subtreeOf: 4_194_304 } }, 'ERR_OPTION'],
    [{ extended: true }, 'ERR_OPTION'],
  ] as const) {
    await expect(sensor.update(update as unknown as SensorUpdate)).rejects.toMatchObject({ code })
  }
  expect(attachedPrograms(process.pid)).toEqual(before)
  const { pid } = spawnSync(program('exit-as-told'))
  expect(namesOf(await allOf(sensor), pid)).toEqual(['NEW_PROCESS', 'TERMINATE_PROCESS'])
  await expect(sensor.update({ events: LIFE })).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('closed while it changes: nothing stays in the kernel', async () => {
  const sensor = await openAny({ events: LIFE })
  const update = sensor.update({ events: [...LIFE, 'MODULE_LOAD', 'THREAD_INJECTION', 'OPEN_NAMED_PIPE'] })
  const refused = expect(update).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await sensor.close()
  await refused
  expect([...heldBy(process.pid)].filter((name) => name.startsWith('link '))).toEqual([])
})
