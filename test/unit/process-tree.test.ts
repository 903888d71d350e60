import { expect, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { uncoloured } from '../../lib/output/paint.js'
import { ProcessTree } from '../../lib/output/tree/process-tree.js'
import { rowLine } from '../../lib/output/tree/row-lines.js'
import { Rows } from '../../lib/output/tree/rows.js'
import { Screen } from '../../lib/output/tree/screen.js'
import { widthOf } from '../../lib/output/width.js'
import { newProcess, routing, terminateProcess } from './records.js'

const T = 1_764_000_000_000

function start(
  pid: number,
  parent: number,
  path = `/bin/p${pid}`,
  name: 'NEW_PROCESS' | 'EXISTING_PROCESS' = 'NEW_PROCESS',
) {
  const { event } = newProcess({ PROCESS_ID: pid, PARENT_PROCESS_ID: parent, FILE_PATH: path, COMMAND_LINE: path })
  return { routing: routing(name), event: { ...event, TIMESTAMP: T + pid } } as EventRecord
}

function grown(...pairs: [number, number, string?][]): ProcessTree {
  const tree = new ProcessTree()
  for (const [pid, parent, path] of pairs) tree.add(start(pid, parent, path), T)
  return tree
}

function picture(tree: ProcessTree, limit = 100, rows = new Rows(), columns = 80): string[] {
  return rows.of(tree, limit).map((row) => rowLine(row, { columns, paint: uncoloured, nowMs: T + 60_000 }))
}

const names = (lines: string[]) => lines.map((line) => line.slice(17))

test('children stand below the process that forked them, oldest first', () => {
  const tree = grown([1, 0], [10, 1], [20, 1], [11, 10], [21, 20])
  expect(names(picture(tree))).toEqual(['p1', '├─p10', '│ └─p11', '└─p20', '  └─p21'])
})

test('a process that becomes another program keeps its place', () => {
  const tree = grown([1, 0], [10, 1], [20, 1])
  tree.add(start(10, 1, '/bin/other'), T + 100)
  expect(names(picture(tree))).toEqual(['p1', '├─other', '└─p20'])
  expect(tree.living).toBe(3)
})

test('an end stays to be seen for a while, and then is counted', () => {
  const tree = grown([1, 0], [10, 1])
  const end = terminateProcess(10)
  end.event.EXIT_CODE = 3
  tree.add(end, T + 1_000)
  tree.forget(T + 2_000)
  expect(names(picture(tree))).toEqual(['p1', '└─p10 (ended with status 3)'])
  tree.forget(T + 5_000)
  expect(names(picture(tree))).toEqual(['p1 (+1 gone)'])
  expect(tree.living).toBe(1)
})

test('a storm of short processes moves no row', () => {
  const tree = grown([1, 0], [2, 1, '/bin/make'], [3, 1])
  const before = names(picture(tree)).length
  for (let pid = 100; pid < 1_100; pid++) {
    tree.add(start(pid, 2, '/bin/cc1'), T + pid)
    tree.add(terminateProcess(pid), T + pid + 5)
  }
  const after = names(picture(tree))
  expect(after).toHaveLength(before)
  expect(after[1]).toBe('├─make (+1000 gone)')
  expect(tree).toMatchObject({ started: 1_003, ended: 1_000, living: 3 })
})

test('orphans stay below their parent, which is shown as ended as long as they live', () => {
  const tree = grown([1, 0], [10, 1], [11, 10])
  tree.add(terminateProcess(10), T + 1_000)
  tree.forget(T + 60_000)
  expect(names(picture(tree))).toEqual(['p1', '└─p10 (ended)', '  └─p11'])
  tree.add(terminateProcess(11), T + 61_000)
  tree.forget(T + 65_000)
  tree.forget(T + 65_000)
  expect(names(picture(tree))).toEqual(['p1 (+2 gone)'])
})

test('a number that is used again is a new process', () => {
  const tree = grown([1, 0], [10, 1], [11, 10])
  tree.add(terminateProcess(10), T + 1_000)
  tree.add(start(10, 1, '/bin/new'), T + 1_100)
  expect(names(picture(tree)).sort()).toEqual(['p1 (+1 gone)', '├─new', '└─p11'].sort())
})

test('many of a name are one row; so are kernel threads', () => {
  const tree = grown(
    [1, 0],
    ...Array.from({ length: 8 }, (_, i): [number, number, string] => [10 + i, 1, '/bin/worker']),
  )
  for (let pid = 30; pid < 35; pid++) {
    const thread = start(pid, 1)
    delete (thread.event as { FILE_PATH?: string }).FILE_PATH
    delete (thread.event as { COMMAND_LINE?: string }).COMMAND_LINE
    tree.add(thread, T)
  }
  expect(names(picture(tree))).toEqual(['p1', '├─worker ×8', '└─kernel threads ×5'])
})

test('where there is not room for all, the active ones are shown, with all above them, and how many are not', () => {
  const tree = grown([1, 0], [10, 1], [20, 1], [30, 1], [31, 30], [40, 1])
  tree.add(start(32, 31), T + 20_000)
  expect(names(picture(tree, 4))).toEqual(['p1 (3 more below)', '└─p30', '  └─p31', '    └─p32'])
})

test('a row keeps its place against one that was active a moment later', () => {
  const tree = grown([1, 0], [10, 1], [20, 1])
  const rows = new Rows()
  tree.add(start(11, 10), T + 1_000)
  expect(names(picture(tree, 3, rows))).toEqual(['p1 (1 more below)', '└─p10', '  └─p11'])
  tree.add(start(21, 20), T + 2_000)
  expect(names(picture(tree, 3, rows))[1]).toBe('└─p10')
  tree.add(start(22, 20), T + 30_000)
  expect(names(picture(tree, 3, rows))[1]).toBe('└─p20 (1 more below)')
})

test('a chain that is longer than any stack is deep, and still a line each', () => {
  const tree = new ProcessTree()
  for (let pid = 1; pid <= 20_000; pid++) tree.add(start(pid, pid - 1), T)
  const lines = picture(tree, 50)
  expect(lines).toHaveLength(50)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80)
})

test('hostile and wide names fit their row', () => {
  const tree = grown([1, 0], [2, 1, `/x/\x1b[2J${'日本'.repeat(80)}`], [3, 2, '/x/\u202e🎉'])
  const lines = picture(tree, 10, new Rows(), 80)
  for (const line of lines) {
    expect(widthOf(line)).toBeLessThanOrEqual(80)
    expect(line).not.toMatch(/[\x00-\x1f\u202e]/)
  }
})

test('only lines that changed are painted again; another size repaints all', () => {
  const screen = new Screen()
  expect(screen.frame(['a', 'b', 'c'], 80, 24)).toContain('\x1b[2;1H\x1b[Kb')
  expect(screen.frame(['a', 'x', 'c'], 80, 24)).toBe('\x1b[2;1H\x1b[Kx')
  expect(screen.frame(['a', 'x', 'c'], 80, 24)).toBe('')
  expect(screen.frame(['a'], 80, 24)).toBe('\x1b[2;1H\x1b[K\x1b[3;1H\x1b[K')
  expect(screen.frame(['a'], 100, 24)).toBe('\x1b[2J\x1b[1;1H\x1b[Ka')
})
