/** Every block of README.md, executed; what it shows must come, but for numbers. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { EVENT_NAMES, SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { Command, isUnable, MAIN } from '../live/command.js'
import { ended, until } from '../live/sensor.js'
import { cannotRun } from '../live/skip.js'
import { temporaryFolder } from '../live/temporary.js'
import { compiled, ROOT } from './compiled.js'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

interface Block {
  language: string
  text: string
}

const BLOCKS: Block[] = [...README.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}))

/** What the tests below take. */
const taken = new Set<Block>()

function take(language: string, word: string): string {
  const block = BLOCKS.find((each) => each.language === language && each.text.includes(word))
  if (block === undefined) throw new Error(`README.md has no block of ${language} with "${word}"`)
  taken.add(block)
  return block.text
}

let unable: string | undefined
let hasJq = false

beforeAll(async () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'ps'], { encoding: 'utf8' })
  unable = isUnable(status) ? stderr : undefined
  hasJq = spawnSync('jq', ['--version']).status === 0
})

/** In bash, as a reader would type it; all that it started is gone when the test is. */
async function typed(script: string, cwd: string): Promise<string> {
  if (unable !== undefined) cannotRun(unable)
  if (!hasJq && script.includes('jq')) cannotRun('there is no jq')
  const kernelwire = `shopt -s expand_aliases\nalias kernelwire="'${process.execPath}' '${MAIN}'"\n`
  const shell = spawn('bash', ['-c', `${kernelwire}${script}`], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => {
    try {
      process.kill(-shell.pid!, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  onTestFinished(kill)
  const { output } = await ended(shell)
  return output
}

/** What varies from run to run: numbers, and how long something took. */
function withoutNumbers(line: string): string {
  return line
    .replace(/after [\d.]+ \w+/, 'after T')
    .replace(/\d+/g, 'N')
    .replace(/ {2,}/g, ' ')
    .trim()
}

async function expectShown(block: string, ending: string): Promise<void> {
  const lines = block.trimEnd().split('\n')
  const commands = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
  const shown = lines.filter((line) => !line.startsWith('$ ')).map(withoutNumbers)
  const output = await typed(`${commands.join('\n')}\n${ending}`, temporaryFolder())
  expect(output.split('\n').map(withoutNumbers)).toEqual(expect.arrayContaining(shown))
}

test('readable lines', async () => {
  await expectShown(take('console', 'watch --lines'), 'wait')
})

test('one event as JSON', async () => {
  await expectShown(take('console', 'del(.PARENT)'), 'wait')
})

test('a tree', async () => {
  await expectShown(take('console', 'ps --tree'), 'kill 0')
})

test.each(['--duration 5 --json', 'schema NEW_PROCESS'].flatMap((word) => take('sh', word).trimEnd().split('\n')))(
  '%s',
  async (command) => {
    const output = await typed(command, ROOT)
    expect(output).not.toBe('')
    if (!command.includes('--json')) return
    const events = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).routing.event_type)
    expect(events).toEqual(expect.arrayContaining(['EXISTING_PROCESS']))
  },
)

test('record and replay', async () => {
  const output = await typed(take('sh', 'record run.kwr'), temporaryFolder())
  expect(output).toContain('the same to the byte\n')
  expect(output).toMatch(/^[\d:.]+ start +\d+ \S+ +\S*ls \/etc/m)
})

test('a web server that starts a shell', async () => {
  const block = compiled('readme', take('ts', 'openSensor'))
  if (unable !== undefined) cannotRun(unable)

  const command = new Command([], {}, [process.execPath, block]).read()
  const server = join(temporaryFolder(), 'nginx')
  spawnSync('cp', ['/bin/sh', server])
  // It does not say when it is there.
  await until(() => {
    spawnSync(server, ['-c', 'sh -c "true of-a-break-in; true"; true'])
    return command.stdout.includes('of-a-break-in')
  }, 'it tells of the shell')
  expect(command.stdout).toContain("COMMAND_LINE: 'sh -c true of-a-break-in; true'")
  expect(command.stdout).toContain(`FILE_PATH: '${server}'`)
})

test('a sensor that stands still says what was lost', async () => {
  const shown = JSON.parse(take('json', 'RING_FULL'))
  const output = await typed(take('sh', 'kill -STOP'), temporaryFolder())
  const told = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const first = told.find(({ REASON }) => REASON === 'RING_FULL')
  expect(Object.keys(first)).toEqual(Object.keys(shown))
  expect(Object.keys(first.LOST).sort()).toEqual(Object.keys(shown.LOST).sort())
})

test('there is no other block', () => {
  expect(BLOCKS.filter((block) => !taken.has(block))).toEqual([])
})

/** The cells of the table below a heading. */
function rowsBelow(heading: string): string[][] {
  const section = README.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('the table of events has those that this version can produce on Linux', () => {
  const named = rowsBelow('What it reports').flatMap(([name = '']) => name.split(', '))
  expect(named.filter((name) => (EVENT_NAMES as readonly string[]).includes(name)).sort()).toEqual(
    [...SUPPORTED_ON_LINUX].sort(),
  )
})

test('its hooks are those that programs attach to', () => {
  const programs = readFileSync(join(ROOT, 'lib/linux/programs.ts'), 'utf8')
  const hooks = [...README.matchAll(/\b(?:tp_btf|fentry|fexit|tp\/syscalls|iter)\/\w+/g)].map(([hook]) => hook)
  // oneCall() there makes the hook's name of that of the call.
  const isThere = (hook: string) =>
    programs.includes(`'${hook}'`) || programs.includes(`'${hook.split('sys_exit_')[1]}'`)
  expect(hooks.filter((hook) => !isThere(hook))).toEqual([])
})

test('its error codes are in docs/errors.md with the same status', () => {
  const documented = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  for (const [codes = '', status] of rowsBelow('When it does not start').slice(1)) {
    for (const code of codes.split(', ')) expect(documented).toContain(`| ${code} | ${status} |`)
  }
})
