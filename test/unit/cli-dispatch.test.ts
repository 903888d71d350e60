import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { COMMAND_NAMES, COMMANDS } from '../../lib/cli/commands.js'
import { dispatch } from '../../lib/cli/dispatch.js'
import type { OptionFace } from '../../lib/cli/face.js'
import * as watch from '../../lib/cli/watch.js'
import { KernelwireError } from '../../lib/errors.js'
import { EVENT_NAMES } from '../../lib/events/index.js'
import { brokenPipe, FakeTerminal } from './terminal.js'

async function kernelwire(...args: string[]) {
  const terminal = new FakeTerminal()
  const status = await dispatch(args, terminal)
  return { status, stdout: terminal.output, stderr: terminal.said }
}

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const option of ['--version', '-v']) {
    expect(await kernelwire(option)).toEqual({ status: 0, stdout: `${version}\n`, stderr: [] })
  }
})

test('help for the program and for each command is on stdout and has examples', async () => {
  for (const args of [
    ['--help'],
    ['help'],
    ['watch', '--help'],
    ['help', 'watch'],
    ['schema', '-h'],
    ['help', 'schema'],
  ]) {
    const { status, stdout, stderr } = await kernelwire(...args)
    expect({ status, stderr }, args.join(' ')).toEqual({ status: 0, stderr: [] })
    expect(stdout).toMatch(/\nExamples:\n {2}kernelwire /)
  }
})

test.each(COMMAND_NAMES)('the help of %s names every option that it takes, and fits a terminal', async (name) => {
  const { stdout } = await kernelwire('help', name)
  for (const [option, { text }] of Object.entries<OptionFace>((await COMMANDS[name].load()).face.options)) {
    expect(stdout).toMatch(new RegExp(`^ {2}--${option}\\b`, 'm'))
    expect(text).toMatch(/\S/)
  }
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
})

test('the help of the program names every command', async () => {
  const { stdout } = await kernelwire('--help')
  for (const name of COMMAND_NAMES) expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'))
})

test('nothing at all is a usage error that shows the help', async () => {
  const { status, stdout, stderr } = await kernelwire()
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('Usage: kernelwire COMMAND [OPTIONS]')
})

test.each([
  [['wacth'], 'kernelwire: no command is called "wacth"; did you mean watch? (ERR_OPTION)'],
  [
    ['toString'],
    `kernelwire: no command is called "toString"; the choice is ${COMMAND_NAMES.join(', ')}, help (ERR_OPTION)`,
  ],
  [
    ['--events', 'all'],
    'kernelwire: a command comes first, then its options: write kernelwire watch --events (ERR_OPTION)',
  ],
  [['watch', '--cuont', '1'], 'kernelwire: no option is called "--cuont"; did you mean --count? (ERR_OPTION)'],
  [
    ['schema', 'NEW_PROCES'],
    'kernelwire: no event is called "NEW_PROCES"; did you mean NEW_PROCESS? (ERR_UNKNOWN_EVENT)',
  ],
  [['schema', 'A', 'B'], 'kernelwire: schema takes one event, --all or --config; call it once for each (ERR_OPTION)'],
])('%j is a usage error of one sentence, with status 2', async (args, sentence) => {
  expect(await kernelwire(...args)).toEqual({ status: 2, stdout: '', stderr: [sentence] })
})

test('schema prints the schema of every event, and one for all', async () => {
  for (const name of EVENT_NAMES) {
    const { status, stdout } = await kernelwire('schema', name)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ title: name, $id: expect.stringContaining(name) })
  }
  const all = JSON.parse((await kernelwire('schema', '--all')).stdout)
  expect(Object.keys(all.$defs)).toEqual([...EVENT_NAMES])
})

test('schema without a name lists the events', async () => {
  const { stdout } = await kernelwire('schema')
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual([...EVENT_NAMES])
})

test('a reader that went away is status 141, without a word', async () => {
  const terminal = new FakeTerminal()
  terminal.reader = brokenPipe
  expect(await dispatch(['schema', '--all'], terminal)).toBe(141)
  expect(terminal.said).toEqual([])
})

test.each([
  [[], ['kernelwire: may not load BPF programs; run it as root (ERR_PRIVILEGE); --verbose shows the details']],
  [
    ['--verbose'],
    [
      'kernelwire: may not load BPF programs; run it as root (ERR_PRIVILEGE)',
      '  line 1',
      '  line 2',
      'caused by: Error: EPERM',
    ],
  ],
])('details are shown with --verbose (%j)', async (args, stderr) => {
  const error = new KernelwireError('ERR_PRIVILEGE', 'may not load BPF programs; run it as root', {
    details: 'line 1\nline 2\n',
    cause: new Error('EPERM'),
  })
  const run = vi.spyOn(watch, 'run').mockRejectedValue(error)
  expect(await kernelwire('watch', ...args)).toEqual({ status: 3, stdout: '', stderr })
  run.mockRestore()
})

test('a bug is status 1, its stack shown with --verbose only', async () => {
  const run = vi.spyOn(watch, 'run').mockRejectedValue(new TypeError('x is not a function'))
  expect(await kernelwire('watch')).toEqual({ status: 1, stdout: '', stderr: ['kernelwire: x is not a function'] })
  const { stderr } = await kernelwire('watch', '--verbose')
  expect(stderr.slice(1, 3)).toEqual(['  TypeError: x is not a function', expect.stringMatching(/^ {6}at /)])
  run.mockRestore()
})
