/** Filters on Windows: paths and users without case, subtrees, and what Windows does not have. */
import { expect, test } from 'vitest'
import type { FilterOptions } from '../../lib/filter/options.js'
import { resolveFilter } from '../../lib/windows/filter.js'
import type { EtwEvent } from './etw-bytes.js'
import { end, found, load, run, SOMEBODY, start } from './etw-run.js'
import { inShort } from './playback.js'

/** A process that starts, loads a library, and ends. */
function life(pid: number, path: string, parts: Partial<Parameters<typeof start>[0]> = {}): EtwEvent[] {
  const name = path.slice(path.lastIndexOf('\\') + 1)
  return [
    start({ pid, name, ...parts }),
    load({ pid, path }),
    load({ pid, path: 'C:\\Windows\\System32\\a.dll', base: 0x1_0000 }),
    end({ pid, name, ...parts }),
  ]
}

/** The processes of which a start, a load and an end came. */
function passed(filter: FilterOptions, ...lives: EtwEvent[][]): number[] {
  const { events } = run(lives.flat(), { filter: resolveFilter(filter) })
  const starts = inShort(events).filter((line) => line.startsWith('NEW'))
  const pids = starts.map((line) => Number(line.split(' ')[1]))
  expect(inShort(events)).toEqual(
    pids.flatMap((pid) => [`NEW ${pid}`, `MODULE_LOAD ${pid}`, `MODULE_LOAD ${pid}`, `TERMINATE ${pid}`]),
  )
  return pids
}

const SHELL = life(8, 'C:\\Windows\\System32\\cmd.exe')
const OTHER = life(12, 'C:\\Windows\\System32Other\\cmd.exe')

test.each<[string, FilterOptions]>([
  ['a path', { paths: ['C:\\windows\\system32\\CMD.EXE'] }],
  ['a folder', { paths: ['c:\\WINDOWS\\System32\\'] }],
  ['a folder with other slashes', { paths: ['c:/windows/system32/'] }],
  ['all but a path', { excludePaths: ['C:\\Windows\\system32other\\'] }],
])('%s fits whatever its case', (_, filter) => {
  expect(passed(filter, SHELL, OTHER)).toEqual([8])
})

test('users go by SID or by name', () => {
  const lives = [life(8, 'C:\\a.exe'), life(12, 'C:\\a.exe', { user: SOMEBODY })]
  expect(passed({ users: [SOMEBODY.toLowerCase()] }, ...lives)).toEqual([12])
  expect(passed({ users: ['nt authority\\system'] }, ...lives)).toEqual([8])
  expect(passed({ excludeUsers: ['S-1-5-18'] }, ...lives)).toEqual([12])
})

test('the SID that a filter looked at is not told', () => {
  const { of } = run(life(8, 'C:\\a.exe'), { filter: resolveFilter({ users: ['S-1-5-18'] }) })
  expect(of('NEW_PROCESS')[0]!.event).not.toHaveProperty('USER_SID')
})

test('a subtree is a process and what descends from it, whoever ended meanwhile', () => {
  const events = [
    found({ pid: process.pid, name: 'node.exe' }),
    found({ pid: 8, name: 'explorer.exe' }),
    start({ pid: 12, parent: process.pid, ms: 1 }),
    start({ pid: 16, parent: 12, ms: 2 }),
    end({ pid: 12, parent: process.pid, ms: 3 }),
    start({ pid: 20, parent: 16, ms: 4 }),
    // The number of the parent that ended, given to another.
    start({ pid: 12, parent: 8, key: 99n, ms: 2_005 }),
    start({ pid: 24, parent: 12, ms: 2_006 }),
  ]
  const { of } = run(events, { filter: resolveFilter({ subtreeOf: process.pid }), names: ['NEW_PROCESS'] })
  expect(of('NEW_PROCESS').map(({ event }) => event.PROCESS_ID)).toEqual([12, 16, 20])
})

test('the sensor itself can be left out', () => {
  expect(passed({ self: false }, life(process.pid, 'C:\\node.exe'), SHELL)).toEqual([8])
})

test.each<[FilterOptions, string]>([
  [{ cgroups: ['/a'] }, 'Windows has no cgroups; leave "cgroups" of "filter" out'],
  [{ excludeCgroups: ['/a'] }, 'Windows has no cgroups; leave "excludeCgroups" of "filter" out'],
  [{ users: [0] }, 'Windows knows no user 0; write DOMAIN\\user or a SID such as S-1-5-18'],
  [{ users: ['somebody'] }, 'Windows knows no user "somebody"; write DOMAIN\\user or a SID such as S-1-5-18'],
  [{ subtreeOf: 4_000_001 }, '"subtreeOf" is 4000001, but no such process runs; name one that does'],
])('%j is refused', (filter, message) => {
  expect(() => resolveFilter(filter)).toThrow(message)
})

test('no filter is none', () => {
  expect(resolveFilter(undefined)).toBeUndefined()
})
