/** The built command line, as a shell runs it. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, copyFileSync, cpSync, mkdirSync, openSync, readSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { open, until } from './sensor.js'
import { temporaryFolder } from './temporary.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'dist/cli/main.js')
const NOBODY = 65534

/** Skips where this machine cannot have a sensor. */
async function needsSensor(): Promise<void> {
  await using _sensor = await open({})
}

test('a reader that takes one line ends it, without a word', async () => {
  await needsSensor()
  const shell = spawn('bash', ['-c', `"${process.execPath}" "${MAIN}" watch | head -1; echo "\${PIPESTATUS[0]}"`])
  const { stdout, stderr } = await outputOf(shell)
  const [line, status] = stdout.trimEnd().split('\n')
  expect(JSON.parse(line!)).toHaveProperty('event.PROCESS_ID')
  expect(status).toBe('141')
  expect(stderr).toBe('')
})

test('the first SIGINT ends it with a summary, and with all that happened before', async () => {
  await needsSensor()
  const watch = kernelwire(['watch'])
  const output = outputOf(watch)
  await heard(watch)
  const { pid } = spawnSync('true')
  watch.kill('SIGINT')
  const { status, stdout, stderr } = await output
  expect(status).toBe(0)
  expect(stderr).toMatch(/^kernelwire: \d+\.\d s, \d+ events \(.*\), nothing lost\n$/)
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const ofChild = records.filter(({ event }) => event.PROCESS_ID === pid).map(({ routing }) => routing.event_type)
  expect(ofChild).toEqual(['NEW_PROCESS', 'TERMINATE_PROCESS'])
})

test('SIGINTs end it also when its reader has stopped reading', async () => {
  await needsSensor()
  const fifo = join(temporaryFolder(), 'fifo')
  execFileSync('mkfifo', [fifo])
  const unread = openSync(fifo, constants.O_RDWR)
  const watch = kernelwire(['watch', '--extended'], { stdio: ['ignore', unread, 'ignore'] })
  const end = once(watch, 'exit')
  // Waits for the first byte of many.
  readSync(unread, Buffer.alloc(1))
  await until(() => {
    watch.kill('SIGINT')
    return watch.exitCode !== null || watch.signalCode !== null
  }, 'it has ended')
  closeSync(unread)
  const [status, signal] = await end
  expect(status ?? signal).toBeOneOf([0, 130, 'SIGINT'])
})

test('--count is exact, and --duration ends a quiet stream', async () => {
  await needsSensor()
  const counted = await outputOf(kernelwire(['watch', '--count', '7']))
  expect(counted.status).toBe(0)
  expect(counted.stdout.trimEnd().split('\n')).toHaveLength(7)
  const timed = await outputOf(kernelwire(['watch', '--events', 'PROCESS_ENVIRONMENT', '--duration', '0.5s', '--json']))
  expect(timed.status).toBe(0)
})

test('an ordinary user is told which capabilities are missing', async () => {
  await needsSensor()
  const { status, stdout, stderr } = await outputOf(kernelwire(['watch'], { uid: NOBODY, gid: NOBODY }, reachable()))
  expect(stderr).toBe(
    'kernelwire: reading kernel events needs CAP_PERFMON and CAP_BPF, which this process lacks; run it as root, or give it the capabilities (ERR_PRIVILEGE); --verbose shows the details\n',
  )
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
})

test('an unknown event is a usage error that names the nearest one', async () => {
  const { status, stdout, stderr } = await outputOf(kernelwire(['watch', '--events', 'NEW_PROCES']))
  expect(stderr).toMatch(/^kernelwire: .*NEW_PROCESS.* \(ERR_UNKNOWN_EVENT\)\n$/)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

function kernelwire(args: readonly string[], options: SpawnOptions = {}, main = MAIN): ChildProcess {
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options })
}

/** A copy of the program in a place that every user can read. */
function reachable(): string {
  const folder = temporaryFolder()
  for (const part of ['dist', 'build/Release']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  mkdirSync(join(folder, 'node_modules'))
  const loader = realpathSync(join(ROOT, 'node_modules/node-gyp-build'))
  cpSync(loader, join(folder, 'node_modules/node-gyp-build'), { recursive: true })
  return join(folder, 'dist/cli/main.js')
}

async function heard(child: ChildProcess): Promise<void> {
  await once(child.stdout!, 'data')
}

async function outputOf(child: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (text) => {
    stdout += text
  })
  child.stderr!.on('data', (text) => {
    stderr += text
  })
  await once(child, 'close')
  return { status: child.exitCode, stdout, stderr }
}
