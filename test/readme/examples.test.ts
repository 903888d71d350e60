/** The programs of examples/, each run as its first lines say, while what it waits for happens. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Command } from '../live/command.js'
import { program } from '../live/programs.js'
import { cannotRun } from '../live/skip.js'
import { temporaryFolder } from '../live/temporary.js'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))

/** Skips the test where this machine cannot have a sensor. */
async function example(name: string, args: readonly string[] = [], word = 'watching'): Promise<Command> {
  const command = new Command(args, {}, [process.execPath, join(FOLDER, name)]).read()
  await command.until(() => command.stderr.includes(word), `${name} says "${word}"`).catch(rethrow(command))
  return command
}

function rethrow(command: Command) {
  return (error: unknown) => {
    if (/ERR_(PRIVILEGE|PLATFORM|NO_BTF|KERNEL|NOTHING_ATTACHED)/.test(command.stderr)) cannotRun(command.stderr)
    throw error
  }
}

async function interrupted(command: Command, condition: () => boolean, what: string) {
  await command.until(condition, what)
  command.child.kill('SIGINT')
  return command.outcome()
}

/** A copy of a program, so that only this test runs it. */
function copyOf(file: string, name: string): string {
  const copy = join(temporaryFolder(), name)
  copyFileSync(file, copy)
  return copy
}

test('there are five of them, numbered, and each is run here', () => {
  const names = readdirSync(FOLDER)
  expect(names.map((name) => name.replace(/-.*/, ''))).toEqual(['1', '2', '3', '4', '5'])
  const here = readFileSync(fileURLToPath(import.meta.url), 'utf8')
  for (const name of names) expect(here).toContain(`'${name}'`)
})

test('they are as their types say', () => {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', join(FOLDER, '../tsconfig.examples.json')])
  expect(stdout.toString()).toBe('')
})

test('1: starts and ends', async () => {
  const command = await example('1-starts-and-ends.mjs')
  const { pid } = spawnSync(program('exit-as-told'), ['exit', '0', '\x1b[2J'])
  const { stdout, status } = await interrupted(command, () => command.stdout.includes(`- ${pid}\n`), 'it saw the end')
  const lines = stdout.split('\n').filter((line) => line.split(' ')[2] === `${pid}`)
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
  expect(lines.at(-2)!.split(' ')).toEqual([
    time,
    '+',
    `${pid}`,
    `'${program('exit-as-told')}`,
    'exit',
    '0',
    "\\x1B[2J'",
  ])
  expect(lines.at(-1)!.split(' ')).toEqual([time, '-', `${pid}`])
  expect(status).toBe(0)
})

test('2: a server that starts a shell, also through another program, and no other shell', async () => {
  const server = copyOf('/bin/sh', 'server-of-this-test')
  const command = await example('2-shell-of-a-server.mjs', ['server-of-this-test'])
  spawnSync('sh', ['-c', 'true of-nobody'])
  spawnSync(server, ['-c', 'env sh -c "true through; true"; true'])
  const { stdout, status } = await interrupted(command, () => command.stdout.includes('through'), 'it saw the shell')
  expect(stdout).toMatch(/ \(root\) started 'sh -c true through; true'\n/)
  expect(stdout).not.toContain('of-nobody')
  expect(status).toBe(0)
})

test('3: everything below a command, and nothing else', async () => {
  const args = ['sh', '-c', 'sh -c "true a; true b"; true c; exec true d']
  const command = new Command(args, {}, [process.execPath, join(FOLDER, '3-everything-below.mjs')]).read()
  const { stdout, stderr, status } = await command.outcome()
  await command.until(() => status === 0, 'it ended well').catch(rethrow(command))
  expect([stderr, status]).toEqual(['', 0])
  // A shell runs true itself.
  expect(stdout.split('\n')[0]).toBe(`'sh -c sh -c "true a; true b"; true c; exec true d'`)
  expect(stdout).toContain("\n  'sh -c true a; true b'\n")
  expect(stdout).toContain("'true d'\n")
  expect(stdout.trim().split('\n').length).toBeLessThan(10)
})

test('4: files that were never executed, but for those that are known', async () => {
  const [file, known] = [copyOf(program('exit-as-told'), 'unknown'), copyOf(program('hold'), 'known')]
  // A copy with a byte behind its end is another file to every hash.
  for (const each of [file, known]) writeFileSync(each, Buffer.concat([readFileSync(each), Buffer.from(each)]))
  const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
  const list = join(temporaryFolder(), 'known.txt')
  writeFileSync(list, `${sha256(known)}  ${known}\n`)
  const command = await example('4-programs-never-seen.mjs', [list])
  spawnSync(known, { input: '' })
  spawnSync(file)
  const { stdout } = await interrupted(command, () => command.stdout.includes(file), 'it saw the file')
  expect(stdout).toContain(`${sha256(file)}  ${file}\n`)
  expect(stdout).not.toContain(known)
})

test('5: all of it in a file, and an account of it', async () => {
  const path = join(temporaryFolder(), 'events.ndjson')
  const command = await example('5-to-a-file.mjs', [path], 'writing to')
  const { pid } = spawnSync(program('exit-as-told'))
  await command.until(() => readFileSync(path, 'utf8').includes(`"PROCESS_ID":${pid}}`), 'the end is in the file')
  command.child.kill('SIGTERM')
  const { status, stderr } = await command.outcome()
  expect(status).toBe(0)
  expect(stderr).toMatch(/\n\d+ records read, 0 lost\n$/)
  const events = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.filter(({ event }) => event.PROCESS_ID === pid).map(({ routing }) => routing.event_type)).toEqual(
    expect.arrayContaining(['NEW_PROCESS', 'TERMINATE_PROCESS']),
  )
  expect(events.filter(({ event }) => event.PROCESS_ID === command.child.pid)).toEqual([])
})
