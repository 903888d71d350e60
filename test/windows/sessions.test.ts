/** The live path: sessions, threads, lanes, batches. What Windows would give comes from a stand-in. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EventRecord, isEvent, SUPPORTED_ON_WINDOWS } from '../../lib/events/index.js'
import { openSensor, type Sensor } from '../../lib/sensor.js'
import { type EtwEvent, memoryOf } from '../unit/etw-bytes.js'
import { BEGIN, end, fileCreate, kernelStart, load, start } from '../unit/etw-run.js'
import { fileTime, frameOf, isOfKernel, standIn, TRACING } from './stand-in.js'

const trace = standIn()
/** Long after all events that tests bring, so that nothing is held back for others that might come. */
const LATE = fileTime(BEGIN + 3_600_000)
const HOUR_MS = 3_600_000
const EVENTS = [...SUPPORTED_ON_WINDOWS]

beforeEach(() => {
  trace.reset()
  trace.setNow(LATE, true)
  trace.listProcesses(false)
})

afterEach(() => {
  expect(trace.running()).toEqual([])
})

function feed(...events: EtwEvent[]): void {
  const { records, offsets } = memoryOf(events)
  for (const at of offsets) trace.feed(isOfKernel(records, at)!, frameOf(records, at))
}

/** What comes until `until` holds of it. */
async function take(
  sensor: AsyncIterable<EventRecord[]>,
  until: (events: EventRecord[]) => boolean,
): Promise<EventRecord[]> {
  const events: EventRecord[] = []
  const iterator = sensor[Symbol.asyncIterator]()
  while (!until(events)) {
    const { done, value } = await iterator.next()
    if (done) break
    events.push(...value)
  }
  return events
}

async function rest(sensor: Pick<Sensor, 'close'> & AsyncIterable<EventRecord[]>): Promise<EventRecord[]> {
  const events: EventRecord[] = []
  const reading = (async () => {
    for await (const batch of sensor) events.push(...batch)
  })()
  while (trace.left() > 0) await sleep(5)
  await sensor.close()
  await reading
  return events
}

test('the shipped addon imports Windows tracing by its import table', () => {
  expect(trace.replaced).toEqual(expect.arrayContaining(TRACING))
})

test('a session for the kernel of our own, and one for the providers that the events need', async () => {
  const sensor = await openSensor({ events: EVENTS })
  const names = trace.running()
  expect(names).toEqual([
    expect.stringMatching(new RegExp(`^kernelwire ${process.pid}-[0-9a-f]+-\\d+ kernel$`)),
    expect.stringMatching(new RegExp(`^kernelwire ${process.pid}-[0-9a-f]+-\\d+ providers$`)),
  ])
  await sensor.close()
  // EVENT_TRACE_REAL_TIME_MODE, SYSTEM_LOGGER_MODE, INDEPENDENT_SESSION_MODE; process, thread and image.
  expect(trace.calls().slice(0, 7)).toEqual([
    `StartTrace kernel mode ${0x0a000100} flags ${0x7}`,
    'OpenTrace',
    `StartTrace providers mode ${0x08000100} flags 0`,
    'EnableTrace 22fb2cd6 keywords 10',
    'EnableTrace e02a841c keywords 0',
    'EnableTrace edd08927 keywords 1080',
    'OpenTrace',
  ])
})

test('what is not asked for is not traced', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  await sensor.close()
  expect(trace.calls().filter((call) => !/OpenTrace|CloseTrace|stop/.test(call))).toEqual([
    `StartTrace kernel mode ${0x0a000100} flags ${0x5}`,
    `StartTrace providers mode ${0x08000100} flags 0`,
    'EnableTrace 22fb2cd6 keywords 10',
  ])
})

test('events of both sessions come in the order of their times', async () => {
  trace.setNow(fileTime(BEGIN), false)
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
  const pids = Array.from({ length: 50 }, (_, i) => 1_000 + 4 * i)
  feed(
    ...pids.flatMap((pid, i) => [start({ pid, ms: 100 * i }), end({ pid, ms: 100 * i + 60 })]),
    ...pids.map((pid, i) => kernelStart({ pid, ms: 100 * i + 30 })),
  )
  const events = await rest(sensor)
  expect(
    events.map(({ routing, event }) => [routing.event_type, (event as { PROCESS_ID: number }).PROCESS_ID]),
  ).toEqual(
    pids.flatMap((pid) => [
      ['NEW_PROCESS', pid],
      ['TERMINATE_PROCESS', pid],
    ]),
  )
  for (const record of events) {
    if (isEvent(record, 'NEW_PROCESS')) expect(record.event.FILE_PATH).toMatch(/^\\Device\\HarddiskVolume2\\p\d+\.exe$/)
  }
})

test('an event waits for earlier ones of the other session, and no longer than that makes sense', async () => {
  trace.setNow(fileTime(BEGIN), false)
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
  feed(start({ pid: 8, ms: 50 }), end({ pid: 8, ms: 60 }))
  const reading = take(sensor, (events) => events.length >= 2)
  await sleep(100)
  expect(trace.left()).toBe(0)
  feed(kernelStart({ pid: 8, ms: 40 }))
  await sleep(100)
  trace.setNow(fileTime(BEGIN + 500), false)
  const [started, ended] = await reading
  expect(started?.event).toMatchObject({ PROCESS_ID: 8, FILE_PATH: '\\Device\\HarddiskVolume2\\p8.exe' })
  expect(ended?.routing.event_type).toBe('TERMINATE_PROCESS')
  await sensor.close()
})

test('times are right also where the thread was interrupted that compared counter and time of day', async () => {
  trace.interruptClock(50)
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  feed(start({ pid: 8, ms: 100 }), kernelStart({ pid: 8, ms: 100 }))
  const [started] = await rest(sensor)
  // Less than a millisecond passes between the two where nobody interrupts.
  expect(started?.routing.event_time).toBe(BEGIN + 100)
})

test('times follow a time of day that runs quicker than the counter, and not one that is set', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  const later = async (seconds: number, ahead: number) => {
    trace.setTimeOfDay(ahead)
    trace.setNow(LATE + BigInt(seconds) * 10_000_000n, true)
    // The control thread looks every 20 ms, where it is given a processor.
    await sleep(1_000)
  }
  await later(11, 4)
  feed(start({ pid: 8, ms: 100 }), kernelStart({ pid: 8, ms: 100 }))
  await later(22, 60_004)
  feed(start({ pid: 12, ms: 200 }), kernelStart({ pid: 12, ms: 200 }))
  const times = (await rest(sensor)).map(({ routing }) => routing.event_time - BEGIN)
  expect(times).toEqual([104, 204])
})

test('only events of the processes that a filter asks for come', async () => {
  const sensor = await openSensor({
    events: ['NEW_PROCESS', 'TERMINATE_PROCESS'],
    filter: { paths: ['c:\\windows\\'], users: ['S-1-5-18'] },
  })
  const paths = ['C:\\Windows\\a.exe', 'C:\\Other\\b.exe']
  feed(
    ...paths.flatMap((path, i) => {
      const process = { pid: 100 + 4 * i, name: path.slice(-5), ms: i }
      return [start(process), load({ ...process, path }), end(process)]
    }),
  )
  expect((await rest(sensor)).map(({ routing, event }) => [routing.event_type, event])).toMatchObject([
    ['NEW_PROCESS', { PROCESS_ID: 100, FILE_PATH: paths[0] }],
    ['TERMINATE_PROCESS', { PROCESS_ID: 100 }],
  ])
  expect(sensor.stats().windows?.providers.PROCESS).toMatchObject({ read: 4, delivered: 2, filtered: 2 })
})

test('the raw view is refused so far', async () => {
  await expect(openSensor({ onRecord: () => {} })).rejects.toMatchObject({
    code: 'ERR_OPTION',
    message: expect.stringContaining('"onRecord" works on Linux only so far'),
  })
})

test('a named pipe that a program creates, and one that it opens', async () => {
  const sensor = await openSensor({ events: ['NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE'] })
  const path = '\\Device\\NamedPipe\\kernelwire'
  feed(
    fileCreate({ by: 20, path, disposition: 2, ms: 1 }),
    fileCreate({ by: 24, path, disposition: 1, ms: 2 }),
    fileCreate({ by: 24, path: 'C:\\file', disposition: 1, ms: 3 }),
  )
  expect((await rest(sensor)).map(({ routing, event }) => [routing.event_type, event])).toEqual([
    ['NEW_NAMED_PIPE', { FILE_PATH: path, PROCESS_ID: 20 }],
    ['OPEN_NAMED_PIPE', { FILE_PATH: path, PROCESS_ID: 24 }],
  ])
})

test('what Windows lost is told, and counted', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  trace.lose(true, 7, 1, 2)
  trace.lose(false, 3, 0, 0)
  const events = await take(sensor, (all) => all.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')).length >= 2)
  const losses = events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')).map(({ event }) => event)
  const told = { REASON: 'SESSION_FULL', FROM: expect.any(Number), TO: expect.any(Number) }
  expect(losses).toEqual([
    { LOST: { EVENTS: 7, BUFFERS: 3 }, ...told },
    { LOST: { EVENTS: 3 }, ...told },
  ])
  for (const { FROM, TO } of losses) expect(FROM).toBeLessThan(TO)
  expect(sensor.stats()).toMatchObject({ lost: 10, windows: { sessions: [{ eventsLost: 7, buffersLost: 3 }, {}] } })
  await sensor.close()
})

test('what is lost in the last moments is told too', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  const reading = rest(sensor)
  trace.lose(true, 5, 0, 0)
  const events = await reading
  expect(events.map(({ event }) => event)).toEqual([expect.objectContaining({ LOST: { EVENTS: 5 } })])
})

test.each([
  ['kernel', true],
  ['providers', false],
])('a %s session that somebody stops is told, and runs again', async (_, isKernel) => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  const before = trace.running()
  trace.stopByOther(isKernel)
  const events = await take(sensor, (all) => all.some((record) => isEvent(record, 'LOSS_ACCOUNTING')))
  expect(events.at(-1)?.event).toMatchObject({ LOST: {}, REASON: 'SESSION_STOPPED' })
  expect(trace.running().sort()).toEqual(before.sort())
  expect(sensor.stats().windows?.sessions.map(({ restarts }) => restarts)).toEqual(isKernel ? [1, 0] : [0, 1])
  await sensor.close()
})

test('events go on after a session was stopped', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  trace.stopByOther(true)
  while (trace.running().length < 2) await sleep(5)
  feed(start({ pid: 40, ms: HOUR_MS - 5_000 }), load({ pid: 40, path: 'C:\\p40.exe', ms: HOUR_MS - 4_999 }))
  const events = await rest(sensor)
  expect(events.map(({ routing }) => routing.event_type)).toEqual(expect.arrayContaining(['NEW_PROCESS']))
})

test.each([
  [5, 'ERR_PRIVILEGE', /elevated/],
  [1314, 'ERR_PRIVILEGE', /elevated/],
  [1450, 'ERR_NOTHING_ATTACHED', /logman query -ets/],
  [183, 'ERR_NOTHING_ATTACHED', /logman query -ets/],
  [1, 'ERR_NOTHING_ATTACHED', /error 1\)/],
])('a session that Windows refuses with error %i is a %s', async (startError, code, message) => {
  trace.wish(true, { startError })
  await expect(openSensor({ events: ['NEW_PROCESS'] })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
})

test('a session that may not be read is stopped again', async () => {
  trace.wish(true, { openError: 5 })
  await expect(openSensor({ events: ['NEW_PROCESS'] })).rejects.toMatchObject({ code: 'ERR_PRIVILEGE' })
  expect(trace.calls()).toContain('stop')
})

test("the kernel logger that all tools share is tried where there is none of one's own, and never taken", async () => {
  trace.wish(true, { startError: 1450 })
  trace.setOthers(['NT Kernel Logger'])
  await expect(openSensor({ events: ['NEW_PROCESS'] })).rejects.toMatchObject({ code: 'ERR_NOTHING_ATTACHED' })
  expect(trace.calls()).toEqual([
    `StartTrace kernel mode ${0x0a000100} flags ${0x5}`,
    `StartTrace kernel mode ${0x00000100} flags ${0x5}`,
  ])
})

test('without the session for providers there are the events of the kernel, and the coverage says so', async () => {
  trace.wish(false, { startError: 1450 })
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'REMOTE_PROCESS_HANDLE'] })
  expect(sensor.coverage.attachments.map(({ program, attached, reason }) => [program, attached, reason])).toEqual([
    ['kernel process events', true, undefined],
    ['Microsoft-Windows-Kernel-Process', false, 'Windows error 1450'],
    ['Microsoft-Windows-Kernel-Audit-API-Calls', false, 'Windows error 1450'],
  ])
  feed(start({ pid: 12 }))
  expect((await rest(sensor)).map(({ routing }) => routing.event_type)).toContain('NEW_PROCESS')
})

test('a provider that Windows refuses is one event less', async () => {
  trace.wish(false, { enableError: 5 })
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  expect(sensor.coverage.attachments).toContainEqual(
    expect.objectContaining({
      program: 'Microsoft-Windows-Kernel-Process',
      attached: false,
      reason: 'Windows error 5',
    }),
  )
  await sensor.close()
})

test('sessions that a crash left behind are stopped; those of others, and of sensors that live, are not', async () => {
  const first = await openSensor({ events: ['NEW_PROCESS'] })
  const living = trace.running()
  const orphan = `kernelwire ${process.pid}-1-1 kernel`
  const gone = 'kernelwire 4000000-1dc5fa7b6e80000-1 providers'
  trace.setOthers([...living, orphan, 'NT Kernel Logger', gone, 'kernelwire of somebody else'])
  const second = await openSensor({ events: ['NEW_PROCESS'] })
  expect(trace.calls().filter((call) => call.startsWith('stop '))).toEqual([`stop ${orphan}`, `stop ${gone}`])
  expect(second.stats().windows?.orphans).toEqual([orphan, gone])
  await first.close()
  await second.close()
})

test('close() brings what Windows still has in its buffers, and then the end', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
  const iterator = sensor[Symbol.asyncIterator]()
  const first = iterator.next()
  feed(...Array.from({ length: 3_000 }, (_, i) => start({ pid: 4 * (i + 100), ms: i })))
  const closed = sensor.close()
  let count = 0
  for (let next = await first; !next.done; next = await iterator.next()) count += next.value.length
  await closed
  expect(count).toBe(3_000)
})

test('a callback after the end of the session does no harm', async () => {
  trace.wish(true, { ignoresStop: true })
  const sensor = await openSensor({ events: ['NEW_PROCESS'] })
  const closing = sensor.close()
  await sleep(500)
  feed(start({ pid: 16 }))
  await closing
  expect(trace.calls()).toContain('CloseTrace')
})

test('an abort ends the loop with its reason, and the sessions', async () => {
  const abort = new AbortController()
  const sensor = await openSensor({ events: ['NEW_PROCESS'], signal: abort.signal })
  const reading = take(sensor, () => false)
  abort.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  await sensor.close()
})

test('a reader that is too slow loses, and is told exactly how much', async () => {
  const sensor = await openSensor({ events: ['NEW_PROCESS'], ringBytes: 64 * 1024 })
  const total = 2_000
  feed(...Array.from({ length: total }, (_, i) => start({ pid: 4 * (i + 100), ms: i })))
  while (trace.left() > 0) await sleep(5)
  const reading = take(sensor, (all) =>
    all.some(({ event }) => (event as { PROCESS_ID?: number }).PROCESS_ID === 40_000),
  )
  await sleep(100)
  feed(start({ pid: 40_000, ms: total }), load({ pid: 40_000, path: 'C:\\p40000.exe', ms: total }))
  const events = await reading
  await sensor.close()
  const lost = events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING'))
  const started = events.filter((record) => isEvent(record, 'NEW_PROCESS'))
  expect(lost).toHaveLength(1)
  expect(lost[0]?.event.REASON).toBe('RING_FULL')
  expect(started.length - 1 + lost[0]!.event.LOST.EVENTS!).toBe(total)
  // It stands where the gap is.
  expect(events.indexOf(lost[0]!)).toBeLessThan(events.length - 1)
})

test('processes that run are told once, with what is known of them', async () => {
  trace.setNow(fileTime(Date.now()), true)
  trace.listProcesses(true)
  const sensor = await openSensor({ events: ['EXISTING_PROCESS', 'NEW_PROCESS'], extended: true })
  const isUs = ({ event }: EventRecord) => (event as { PROCESS_ID: number }).PROCESS_ID === process.pid
  const events = await take(sensor, (all) => all.some(isUs))
  await sensor.close()
  expect(trace.reads()).toEqual([expect.any(Number), 0])
  expect(trace.reads()[0]).toBeGreaterThan(0)
  const [us, ...more] = events.filter(isUs)
  expect(more).toEqual([])
  expect(us).toMatchObject({
    routing: { event_type: 'EXISTING_PROCESS' },
    event: {
      PROCESS_ID: process.pid,
      PARENT_PROCESS_ID: process.ppid,
      FILE_PATH: process.execPath,
      COMMAND_LINE: expect.stringContaining('suite.mjs'),
      USER_NAME: expect.stringContaining('\\'),
      USER_SID: expect.stringMatching(/^S-1-5-21-/),
      THREADS: expect.any(Number),
      BASE_ADDRESS: expect.any(Number),
    },
  })
  const { CREATION_TIME, MEMORY_USAGE } = us!.event as { CREATION_TIME: number; MEMORY_USAGE: number }
  expect(Math.abs(CREATION_TIME - (Date.now() - process.uptime() * 1_000))).toBeLessThan(60_000)
  // Node asks by another call (GetProcessMemoryInfo).
  const { rss } = process.memoryUsage()
  expect(MEMORY_USAGE).toBeGreaterThan(rss / 2)
  expect(MEMORY_USAGE).toBeLessThan(rss * 2)
})

test.each([
  ['', 0],
  [', also when the clock was set since the sensor was opened', 500],
])('a new process is looked at while it runs: environment, user, threads, base address%s', async (_, ahead) => {
  trace.setNow(fileTime(Date.now() - ahead), true)
  trace.listProcesses(true)
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'PROCESS_ENVIRONMENT'] })
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], {
    env: { ...process.env, KERNELWIRE_TEST: 'schön', EMPTY_ONE: '' },
    stdio: 'ignore',
  })
  const pid = child.pid!
  await sleep(300)
  trace.setTimeOfDay(ahead)
  const now = Date.now() - ahead
  feed(start({ pid, parent: process.pid, name: 'node.exe', ms: now - BEGIN }))
  const reading = take(sensor, (all) => all.some((record) => isEvent(record, 'PROCESS_ENVIRONMENT')))
  const events = await reading
  child.kill()
  await sensor.close()
  const started = events.find((record) => isEvent(record, 'NEW_PROCESS'))
  expect(started?.event).toMatchObject({
    PROCESS_ID: pid,
    FILE_PATH: process.execPath,
    USER_NAME: expect.stringContaining('\\'),
    THREADS: expect.any(Number),
    BASE_ADDRESS: expect.any(Number),
    PARENT: { PROCESS_ID: process.pid, FILE_PATH: process.execPath },
  })
  const environment = events.find((record) => isEvent(record, 'PROCESS_ENVIRONMENT'))
  expect(environment?.routing.parent).toBe(started?.routing.this)
  expect(environment?.event.ENVIRONMENT_VARIABLES).toEqual(
    expect.arrayContaining(['KERNELWIRE_TEST=schön', 'EMPTY_ONE=']),
  )
  expect(environment?.event.ENVIRONMENT_VARIABLES).not.toContain('')
})
