/** What a person sees at a terminal, narrow or wide, while programs have names that would write to it. */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { widthOf } from '../../lib/output/width.js'
import { Command } from './command.js'
import { Pane } from './pane.js'
import { program } from './programs.js'
import { temporaryFolder } from './temporary.js'

const WIDTHS = [80, 200]
const ROWS = 40

/** Clears the screen, reads from right to left, is no UTF-8, has a line break, is two columns wide for each character. */
const NAMES = ['esc\x1b[2Jx', 'bidi\u202eexe.txt', 'new\nline', '漢字'.repeat(20)]
const ESCAPED = ['esc\\x1b[2Jx', 'bidi\\u202eexe.txt', 'new\\nline', '漢字漢字']
/** Sets the terminal's title. */
const ARGUMENT = `arg\x1b]0;owned\x07\u2066 ${'long '.repeat(60)}`

const OBEYED = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/

function expectReadable(lines: readonly string[], columns: number): void {
  expect(lines.filter((line) => OBEYED.test(line))).toEqual([])
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
  expect(lines.join('\n')).not.toContain('owned\x07')
}

async function requireSensor(): Promise<void> {
  await new Command(['ps', '--json']).read().outcomeOfSensor()
}

test.each(WIDTHS)('watch, %i columns', async (columns) => {
  await requireSensor()
  const folder = temporaryFolder()
  const files = ['marker', ...NAMES].map((name) => join(folder, name))
  for (const file of files) copyFileSync(program('exit-as-told'), file)
  const events = ['--events', 'NEW_PROCESS,TERMINATE_PROCESS']
  const pane = new Pane(columns, ROWS, ['watch', ...events, '--only', `path:${folder}/`])
  await pane.until((text) => {
    spawnSync(files[0]!)
    return text.includes('marker')
  }, 'it shows events')
  const { title } = pane
  for (const file of files.slice(1)) spawnSync(file, ['exit', '0', ARGUMENT])
  spawnSync('bash', ['-c', `cp '${files[0]}' '${folder}/'$'bad\\xff' && '${folder}/'$'bad\\xff'`])
  const lines = await pane.until((text) => text.includes('bad\\xff'), 'it shows the last one')

  expectReadable(lines, columns)
  expect(pane.title).toBe(title)
  for (const name of ESCAPED) {
    const [start, end] = ['start', 'end'].map((word) =>
      lines.filter((line) => line.includes(` ${word} `) && line.includes(name)),
    )
    // The name may be cut at the left, to leave room for what is at the right.
    expect([name, start!.length <= 1, end!.length]).toEqual([name, true, 1])
  }
  // Nothing cleared the screen.
  expect(lines[0]).toMatch(/^[\d:.]+ start .*marker/)
})

interface Row {
  depth: number
  text: string
}

/** The rows of a tree, by the numbers of their processes. */
function rowsOf(lines: readonly string[]): Map<number, Row> {
  const rows = lines.map((line) => /^ *(\d+) \S+ +((?:[│ ] |├─|└─)*)(.*)$/.exec(line)).filter((row) => row !== null)
  return new Map(rows.map(([, pid, branches = '', text = '']) => [Number(pid), { depth: branches.length / 2, text }]))
}

test.each(WIDTHS)('watch --tree, %i columns', async (columns) => {
  await requireSensor()
  const folder = temporaryFolder()
  const [shell, sleeper] = [join(folder, 'sh\x1b[31m\u202e'), join(folder, 'nap\u2066\x1b[2J')]
  copyFileSync('/bin/sh', shell)
  copyFileSync('/bin/sleep', sleeper)
  const script = `(SLEEP="$1"; "$SLEEP" 601 & "$SLEEP" 602 & wait) & "$1" 603 & echo; wait; : '${ARGUMENT}'`
  const child = spawn(shell, ['-c', script, 'x', sleeper], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'))
  const pane = new Pane(columns, ROWS, ['watch', '--tree', '--only', `subtree:${child.pid}`])
  const lines = await pane.until((text) => ['601', '602', '603'].every((word) => text.includes(word)), 'all are there')

  expectReadable(lines, columns)
  const rows = rowsOf(lines)
  const { pid: top } = child
  expect(rows.get(top!)).toEqual({ depth: 0, text: expect.stringContaining('sh\\x1b[31m\\u202e -c ') })
  const parentOf = parents([...rows.keys()])
  const depths = (pid: number | undefined): number => (pid === top ? 0 : 1 + depths(parentOf.get(pid!)))
  expect([...rows].map(([pid, { depth }]) => [pid, depth])).toEqual([...rows.keys()].map((pid) => [pid, depths(pid)]))
  expect([...rows.values()].filter(({ text }) => text.startsWith('nap\\u2066\\x1b[2J 60'))).toHaveLength(3)
  expect(rows.size).toBe(5)
  // Each stands below its parent.
  const order = [...rows.keys()]
  for (const pid of order.slice(1)) expect(order.indexOf(parentOf.get(pid)!)).toBeLessThan(order.indexOf(pid))
})

/** As ps(1) has it. */
function parents(pids: readonly number[]): Map<number, number> {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,ppid=', '-p', pids.join(',')], { encoding: 'utf8' })
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ +/).map(Number) as [number, number]),
  )
}

test.each(WIDTHS)('doctor, %i columns', async (columns) => {
  await requireSensor()
  // All that any kernel's rungs make of it: what has left the top of the pane cannot be looked at.
  const pane = new Pane(columns, 600, ['doctor'])
  const lines = await pane.toEnd()
  expectReadable(lines, columns)
  const text = lines.join('\n')
  for (const name of ['NEW_PROCESS', 'MODULE_LOAD', 'THREAD_INJECTION']) {
    expect(text).toMatch(new RegExp(`^${name} +(works|degraded|impossible)`, 'm'))
  }
})
