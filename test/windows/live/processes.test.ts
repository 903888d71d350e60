/** A real Windows, elevated: real processes, real events. Not for Wine, whose tracing answers and does nothing. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type EventRecord, isEvent } from '../../../lib/events/index.js'
import { openSensor } from '../../../lib/sensor.js'

/** Undefined, or why nothing here can run. */
function obstacle(): string | undefined {
  if (process.platform !== 'win32') return 'needs Windows'
  if (existsSync('C:\\windows\\system32\\winecfg.exe')) return 'this is Wine'
  try {
    execFileSync('fltmc.exe', { stdio: 'ignore' })
    return undefined
  } catch {
    return 'needs an elevated program'
  }
}

const reason = obstacle()

async function take(sensor: AsyncIterable<EventRecord[]>, until: (record: EventRecord) => boolean) {
  const events: EventRecord[] = []
  for await (const batch of sensor) {
    events.push(...batch)
    if (batch.some(until)) return events
  }
  return events
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()))
}

/** Opens process $args[0] with all rights, and lets a thread of it sleep for no time. */
const INJECT = `
$members = @'
[DllImport("kernel32")] public static extern IntPtr OpenProcess(uint access, bool inherit, int pid);
[DllImport("kernel32")] public static extern IntPtr GetModuleHandle(string name);
[DllImport("kernel32")] public static extern IntPtr GetProcAddress(IntPtr module, string name);
[DllImport("kernel32")] public static extern IntPtr CreateRemoteThread(
  IntPtr process, IntPtr attributes, IntPtr stack, IntPtr start, IntPtr parameter, uint flags, IntPtr id);
'@
$api = Add-Type -Name Threads -Namespace Kernelwire -MemberDefinition $members -PassThru
$sleep = $api::GetProcAddress($api::GetModuleHandle('kernel32'), 'Sleep')
$process = $api::OpenProcess(0x1fffff, $false, [int]$args[0])
[void]$api::CreateRemoteThread($process, [IntPtr]::Zero, [IntPtr]::Zero, $sleep, [IntPtr]::Zero, 0, [IntPtr]::Zero)
`

describe('a real Windows', () => {
  test('a process starts, has an environment, and ends', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS', 'PROCESS_ENVIRONMENT'] })
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => process.exit(3), 1_000)'], {
      env: { ...process.env, KERNELWIRE_TEST: 'here' },
      stdio: 'ignore',
    })
    const isEnd = (record: EventRecord) => isEvent(record, 'TERMINATE_PROCESS') && record.event.PROCESS_ID === child.pid
    const events = await take(sensor, isEnd)
    const started = events.find((record) => isEvent(record, 'NEW_PROCESS') && record.event.PROCESS_ID === child.pid)
    expect(started?.event).toMatchObject({
      FILE_PATH: process.execPath,
      COMMAND_LINE: expect.stringContaining('process.exit(3)'),
      PARENT: { PROCESS_ID: process.pid, FILE_PATH: process.execPath },
      USER_NAME: expect.stringContaining('\\'),
    })
    const environment = events.find((record) => isEvent(record, 'PROCESS_ENVIRONMENT'))
    expect(environment?.event).toMatchObject({
      ENVIRONMENT_VARIABLES: expect.arrayContaining(['KERNELWIRE_TEST=here']),
    })
    expect(events.find(isEnd)?.routing.this).toBeDefined()
  })

  test('we are there already, once', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['EXISTING_PROCESS', 'NEW_PROCESS'] })
    const child = spawn('cmd.exe', ['/c', 'exit'], { stdio: 'ignore' })
    const isChild = (record: EventRecord) => isEvent(record, 'NEW_PROCESS') && record.event.PROCESS_ID === child.pid
    const events = await take(sensor, isChild)
    const ours = events.filter(({ event }) => (event as { PROCESS_ID?: number }).PROCESS_ID === process.pid)
    expect(ours.map(({ routing }) => routing.event_type)).toEqual(['EXISTING_PROCESS'])
  })

  test('of a storm of short processes none is missing, and no command line', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const seen = new Set<string>()
    const reading = (async () => {
      for await (const batch of sensor) {
        for (const record of batch) {
          const number = isEvent(record, 'NEW_PROCESS') ? /storm-(\d+)/.exec(record.event.COMMAND_LINE ?? '') : null
          if (number !== null) seen.add(number[1]!)
        }
      }
    })()
    for (let i = 0; i < 500; i += 25) {
      const children = Array.from({ length: 25 }, (_, k) => spawn('cmd.exe', ['/c', `rem storm-${i + k}`]))
      await Promise.all(children.map(ended))
    }
    await sensor.close()
    await reading
    expect(sensor.stats().lost).toBe(0)
    expect(seen.size).toBe(500)
  })

  test('modules are told with paths that can be opened', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['MODULE_LOAD'] })
    const child = spawn('cmd.exe', ['/c', 'exit'], { stdio: 'ignore' })
    const isNtdll = (record: EventRecord) =>
      isEvent(record, 'MODULE_LOAD') &&
      record.event.PROCESS_ID === child.pid &&
      /\\ntdll\.dll$/i.test(record.event.FILE_PATH ?? '')
    const events = await take(sensor, isNtdll)
    const { FILE_PATH: path } = events.find(isNtdll)!.event as { FILE_PATH: string }
    expect(path).toMatch(/^[A-Z]:\\/)
    expect(existsSync(path)).toBe(true)
  })

  test('a program of Windows itself is signed, in itself or in a catalog, and verified offline', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
    const file = 'C:\\Windows\\System32\\where.exe'
    spawn(file, ['node.exe'], { stdio: 'ignore' })
    const isIt = (record: EventRecord) =>
      isEvent(record, 'CODE_IDENTITY') && record.event.FILE_PATH.toLowerCase() === file.toLowerCase()
    const events = await take(sensor, isIt)
    expect(events.find(isIt)?.event).toMatchObject({
      ERROR: 0,
      HASH: createHash('sha256').update(readFileSync(file)).digest('hex'),
      ORIGINAL_FILE_NAME: 'where.exe',
      SIGNATURE: {
        FILE_IS_SIGNED: 1,
        FILE_CERT_IS_VERIFIED_LOCAL: 1,
        CERT_CHAIN_STATUS: 121,
        CERT_SUBJECT: expect.stringContaining('O=Microsoft Corporation'),
      },
    })
  })

  test('a program that was changed after it was signed is not verified', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-'))
    const file = path.join(folder, 'tampered.exe')
    // Of the DOS stub, which nobody runs.
    const bytes = readFileSync(process.execPath)
    bytes[0x50]! ^= 1
    writeFileSync(file, bytes)
    const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
    const child = spawn(file, ['--version'], { stdio: 'ignore' })
    const isIt = (record: EventRecord) =>
      isEvent(record, 'CODE_IDENTITY') && record.event.FILE_PATH.endsWith('tampered.exe')
    const events = await take(sensor, isIt)
    await ended(child)
    expect(events.find(isIt)?.event).toMatchObject({
      SIGNATURE: { FILE_IS_SIGNED: 1, FILE_CERT_IS_VERIFIED_LOCAL: 0, CERT_CHAIN_STATUS: 123 },
    })
    rmSync(folder, { recursive: true, force: true })
  })

  test('who opens another process and creates a thread in it is told, and what both together look like', async ({
    skip,
  }) => {
    if (reason !== undefined) skip(reason)
    const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-'))
    const script = path.join(folder, 'inject.ps1')
    writeFileSync(script, INJECT)
    const sensor = await openSensor({ events: ['REMOTE_PROCESS_HANDLE', 'NEW_REMOTE_THREAD', 'THREAD_INJECTION'] })
    const target = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
    const actor = spawn('powershell.exe', [
      '-NoProfile',
      '-ExecutionPolicy',
      'Bypass',
      '-File',
      script,
      `${target.pid}`,
    ])
    const both = { PARENT_PROCESS_ID: actor.pid, PROCESS_ID: target.pid }
    const isOurs = ({ event }: EventRecord) => {
      const { PARENT_PROCESS_ID, PROCESS_ID } = event as Partial<typeof both>
      return PARENT_PROCESS_ID === actor.pid && PROCESS_ID === target.pid
    }
    const isInjection = (record: EventRecord) =>
      isEvent(record, 'THREAD_INJECTION') && (record.event.EVENTS as unknown as EventRecord[]).some(isOurs)
    const events = await take(sensor, isInjection)
    target.kill()
    const opened = events.find((record) => isEvent(record, 'REMOTE_PROCESS_HANDLE') && isOurs(record))
    expect(opened?.event).toMatchObject({ ...both, ACCESS_FLAGS: 0x1fffff })
    const thread = events.find((record) => isEvent(record, 'NEW_REMOTE_THREAD') && isOurs(record))
    expect(thread?.event).toMatchObject({ ...both, TARGET: { PROCESS_ID: target.pid, FILE_PATH: process.execPath } })
    rmSync(folder, { recursive: true, force: true })
  })

  test('a named pipe is created and opened (experimental)', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE'] })
    const name = `kernelwire-${process.pid}`
    const server = createServer().listen(`\\\\.\\pipe\\${name}`)
    const client = connect(`\\\\.\\pipe\\${name}`)
    const isOpen = (record: EventRecord) =>
      isEvent(record, 'OPEN_NAMED_PIPE') && record.event.FILE_PATH === `\\Device\\NamedPipe\\${name}`
    const events = await take(sensor, isOpen)
    client.destroy()
    server.close()
    const created = events.find((record) => isEvent(record, 'NEW_NAMED_PIPE') && record.event.FILE_PATH.endsWith(name))
    expect(created?.event).toMatchObject({ PROCESS_ID: process.pid })
  })

  test('nothing is left of a sensor that was closed', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const sessions = () => execFileSync('logman.exe', ['query', '-ets'], { encoding: 'utf8' })
    expect(sessions()).toContain(`kernelwire ${process.pid}-`)
    await sensor.close()
    expect(sessions()).not.toContain(`kernelwire ${process.pid}-`)
  })

  test('a sensor that somebody stops is told and goes on', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const name = sensor.stats().windows!.sessions[0]!.name
    execFileSync('logman.exe', ['stop', name, '-ets'])
    const events = await take(sensor, (record) => isEvent(record, 'LOSS_ACCOUNTING'))
    expect(events.at(-1)?.event).toMatchObject({ REASON: 'SESSION_STOPPED' })
  })
})
