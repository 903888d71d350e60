/** kernelwire record and replay, as a user has them. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { Command, MAIN } from './command.js'
import { until } from './sensor.js'
import { cannotRun } from './skip.js'
import { copies, storm } from './storm.js'
import { temporaryFolder } from './temporary.js'

async function recording(args: readonly string[]): Promise<Command> {
  const command = new Command(['record', '--verbose', ...args]).read()
  await command.until(() => command.stderr.includes('attached'), 'the sensor is open')
  return command
}

async function endOf(command: Command) {
  command.child.kill('SIGINT')
  const outcome = await command.outcome()
  expect(outcome, outcome.stderr).toMatchObject({ status: 0, signal: null })
  return outcome
}

async function replay(...args: string[]) {
  const outcome = await new Command(['replay', ...args]).read().outcome()
  expect(outcome, outcome.stderr).toMatchObject({ status: 0 })
  return outcome
}

function countByName(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of text.trimEnd().split('\n')) {
    const { event_type } = (JSON.parse(line) as EventRecord).routing
    counts.set(event_type, (counts.get(event_type) ?? 0) + 1)
  }
  return counts
}

test.each([[[]], [['--extended', '--exclude', 'self']]])(
  'a replay prints what was printed live, to the byte (%j)',
  async (options) => {
    const path = join(temporaryFolder(), 'run.kwr')
    const command = await recording([path, '--json', '--events', 'all', ...options])
    await storm({ execs: 1_000 })
    spawnSync('sh', ['-c', 'SECRET=of-the-environment ls / | cat'])
    const { stdout } = await endOf(command)
    const counts = countByName(stdout)
    expect(counts.get('NEW_PROCESS')).toBeGreaterThan(1_000)
    for (const name of [
      'TERMINATE_PROCESS',
      'EXISTING_PROCESS',
      'PROCESS_ENVIRONMENT',
      'CODE_IDENTITY',
      'MODULE_LOAD',
    ]) {
      expect(counts.get(name), name).toBeGreaterThan(0)
    }
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const again = await replay(path)
    // Not toBe: the difference of two such texts takes minutes to be shown.
    expect(again.stdout === stdout).toBe(true)
  },
)

test('filtered live, a replay leaves out the same, and all else is the same to the byte', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const { storm: stormy, tiny } = copies('asked-for')
  const args = ['--events', 'all', '--only', `path:${stormy},path:${tiny},user:root`, '--exclude', `path:${tiny},self`]
  const command = await recording([path, '--json', ...args])
  await storm({ exits: 200, execs: 100, programs: { storm: stormy, tiny } })
  spawnSync('true')
  const { stdout } = await endOf(command)
  const started = new Set<string>()
  for (const line of stdout.trimEnd().split('\n')) {
    const { routing, event } = JSON.parse(line) as EventRecord
    if (routing.event_type === 'NEW_PROCESS' && 'FILE_PATH' in event) started.add(event.FILE_PATH!)
  }
  expect(started).toEqual(new Set([stormy]))
  expect(countByName(stdout).get('TERMINATE_PROCESS')).toBeGreaterThan(200)
  expect((await replay(path)).stdout === stdout).toBe(true)
})

test('a recording comes from a pipe, from a process substitution and from a file as standard input', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const command = await recording([path, '--json'])
  await storm({ execs: 500 })
  const { stdout } = await endOf(command)
  const kernelwire = `'${process.execPath}' '${MAIN}' replay`
  for (const script of [
    `cat '${path}' | ${kernelwire} -`,
    // Slowly: a pipe gives what it has.
    `(head -c 70 '${path}'; sleep 0.2; tail -c +71 '${path}') | ${kernelwire} -`,
    `${kernelwire} <(cat '${path}')`,
    `${kernelwire} - < '${path}'`,
    `cat '${path}' | ${kernelwire} - --events all,-EXISTING_PROCESS,-NEW_PROCESS,-TERMINATE_PROCESS,-CODE_IDENTITY`,
  ]) {
    const {
      status,
      stderr,
      stdout: again,
    } = spawnSync('bash', ['-c', script], { encoding: 'utf8', maxBuffer: 2 ** 28 })
    expect([script, status, stderr]).toEqual([script, 0, expect.stringContaining('nothing lost')])
    expect([script, again === (script.includes('all,-') ? '' : stdout)]).toEqual([script, true])
  }
})

test('memory of what happened before a file began does not get into it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'run.kwr')
  const secret = 'kernelwire-test-secret-of-an-earlier-process'
  const command = await recording([path, '--extended', '--events', 'all', '--max-size', '1MiB', '--ring-size', '1MiB'])
  for (const count of [1, 20, 80, 90, 2_000]) {
    const words = Array.from({ length: count }, () => secret)
    spawnSync('true', words, { env: { ...process.env, SECRET: words.join(' ').slice(0, 100_000) } })
  }
  for (let parts = 0; parts < 4; parts = readdirSync(folder).length) await storm({ execs: 200 })
  await endOf(command)
  const files = Array.from(readdirSync(folder), (_, part) => join(folder, part === 0 ? 'run.kwr' : `run.${part}.kwr`))
  expect(readFileSync(files[0]!).includes(secret)).toBe(true)
  for (const file of files.slice(2)) expect(readFileSync(file).includes(secret), file).toBe(false)
  const { stdout } = await replay(...files)
  expect(countByName(stdout).get('NEW_PROCESS')).toBeGreaterThan(800)
})

test('a flight recorder writes the past when SIGUSR2 comes, and goes on', async () => {
  const path = join(temporaryFolder(), 'crash.kwr')
  const command = await recording([path, '--last', '1m'])
  const dumps = () => command.stderr.match(/: wrote /g)?.length ?? 0
  const pids: (number | undefined)[] = []
  for (const dump of [1, 2]) {
    pids.push(spawnSync('true').pid)
    command.child.kill('SIGUSR2')
    await command.until(() => dumps() === dump, 'the dump is written')
  }
  await endOf(command)
  for (const [i, file] of [path, path.replace('.kwr', '.1.kwr')].entries()) {
    const { stdout } = await replay(file, '--events', 'NEW_PROCESS')
    const started = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event.PROCESS_ID)
    expect(started).toEqual(expect.arrayContaining(pids.slice(0, i + 1)))
  }
})

test('a disk that is full ends it with a code, and what was written can be replayed', async () => {
  const folder = temporaryFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'kernelwire-test', folder])
  if (mounted.status !== 0) cannotRun(`mount: ${mounted.stderr}`)
  onTestFinished(() => void spawnSync('umount', [folder]))
  const path = join(folder, 'run.kwr')
  const command = await recording([path, '--extended', '--events', 'all'])
  await until(() => {
    for (let i = 0; i < 20; i++) spawnSync('true', ['x'.repeat(50_000)])
    return command.child.exitCode !== null
  }, 'it has ended')
  const { status, stderr } = await command.outcome()
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/ENOSPC.*\(ERR_FILE_WRITE\)/) })
  const again = await replay(path)
  expect(countByName(again.stdout).get('NEW_PROCESS')).toBeGreaterThan(0)
  expect(again.stderr).toContain('the recording breaks off')
})

test.each([
  ['/nowhere/run.kwr', 1, 'ERR_FILE_WRITE'],
  ['/etc/passwd', 2, 'ERR_FILE_EXISTS'],
])('%s cannot be written', async (path, status, code) => {
  const outcome = await new Command(['record', path]).read().outcomeOfSensor()
  expect(outcome).toMatchObject({ status, stderr: expect.stringContaining(`(${code})`) })
})
