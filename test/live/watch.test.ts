import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { Command, isUnable, MAIN } from './command.js'
import { count, heldBy } from './kernel-objects.js'
import { program } from './programs.js'
import { cannotRun } from './skip.js'
import { storm } from './storm.js'
import { temporaryFolder } from './temporary.js'

const NOBODY = 65_534
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

function records(stdout: string): EventRecord[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a reader that goes away ends it, quietly', async () => {
  const folder = temporaryFolder()
  const script = `{ "$0" "$1" watch 2> stderr; echo $? > status; } | head -1`
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, MAIN], { cwd: folder })
  const [status, stderr] = ['status', 'stderr'].map((file) => readFileSync(join(folder, file), 'utf8'))
  if (isUnable(Number(status))) cannotRun(stderr!)
  expect(records(stdout)).toEqual([expect.objectContaining({ routing: expect.anything(), event: expect.anything() })])
  expect({ status, stderr }).toEqual({ status: '141\n', stderr: '' })
})

test('--count says exactly so many events, --duration ends it', async () => {
  const counted = await new Command(['watch', '--count', '5']).read().outcomeOfSensor()
  expect(counted).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^kernelwire: [\d.]+ s, 5 events \(.*\), nothing lost\n$/),
  })
  expect(records(counted.stdout)).toHaveLength(5)

  const timed = await new Command(['watch', '--duration', '0.5']).read().outcomeOfSensor()
  expect(timed.status).toBe(0)
  expect(timed.stderr).toContain(`, ${records(timed.stdout).length} events (`)
})

test('the first SIGINT ends it with all that happened before, and a summary', async () => {
  const command = new Command(['watch', '--verbose', '--events', 'TERMINATE_PROCESS']).read()
  await command.until(() => command.stderr.includes('attached'), 'the sensor is open')
  const { pid } = spawnSync('true')
  command.child.kill('SIGINT')

  const { status, signal, stdout, stderr } = await command.outcome()
  expect({ status, signal }).toEqual({ status: 0, signal: null })
  const summary = stderr.trimEnd().split('\n').at(-1)
  expect(summary).toMatch(/^kernelwire: [\d.]+ s, \d+ events? \(\d+ TERMINATE_PROCESS\), nothing lost$/)
  expect(records(stdout).map(({ event }) => 'PROCESS_ID' in event && event.PROCESS_ID)).toContain(pid)
})

test('the second SIGINT does not wait for a reader that does not read', async () => {
  const command = new Command(['watch', '--verbose'])
  await command.until(() => command.stderr.includes('attached'), 'the sensor is open')
  // More than pipe or socket and both ends' buffers take.
  await storm({ execs: 2_000 })
  command.child.kill('SIGINT')
  await command.until(() => count(heldBy(command.child.pid!), 'link') < 3, 'it has seen the first one')
  expect(command.child.exitCode).toBeNull()

  command.child.kill('SIGINT')
  expect(await command.read().outcome()).toMatchObject({ status: 130, signal: null })
})

test('an unknown event is an error of use, and says what there is', async () => {
  const { status, stdout, stderr } = await new Command(['watch', '--events', 'NEW_PROCES']).read().outcome()
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^kernelwire: no event is called "NEW_PROCES"; .*NEW_PROCESS.* \(ERR_UNKNOWN_EVENT\)\n$/)
})

test('an ordinary user is told which privilege is missing', async () => {
  const folder = temporaryFolder()
  const parts = ['dist', 'package.json', 'build/Release', 'node_modules/node-gyp-build', 'node_modules/typebox']
  mkdirSync(join(folder, 'build'))
  mkdirSync(join(folder, 'node_modules'))
  for (const part of parts) cpSync(join(PACKAGE, part), join(folder, part), { recursive: true })
  const user = [program('as-user'), String(NOBODY), String(NOBODY)]
  const words = [...user, process.execPath, 'node', join(folder, 'dist/cli/main.js')]

  const { status, stdout, stderr } = await new Command(['watch'], { cwd: folder }, words).read().outcome()
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^kernelwire: [^\n]*CAP_PERFMON and CAP_BPF[^\n]*root[^\n]* \(ERR_PRIVILEGE\)[^\n]*\n$/)
})
