import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { only, startedHere } from './expected.js'
import { numberAfter, whileHeld } from './held.js'
import { statusOf } from './proc.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const

test('an orphan has the parent that forked it, not the one that took it in', async () => {
  const args = [program('hold'), 'argv0']
  const { output, seen, events } = await eventsOf(NAMES, () =>
    whileHeld(program('orphan'), args, (pid) => ({ pid, reaper: statusOf(pid)!.parentPid })),
  )
  const parentPid = numberAfter(output, 'parent')
  expect(seen.pid).toBe(numberAfter(output, 'child'))
  expect(seen.reaper).not.toBe(parentPid)

  const parent = only(named(events, 'NEW_PROCESS', parentPid))
  const orphan = named(events, 'NEW_PROCESS', seen.pid).at(-1)!
  expect(orphan.event).toEqual(
    startedHere(orphan, {
      PROCESS_ID: seen.pid,
      PARENT_PROCESS_ID: parentPid,
      FILE_PATH: program('hold'),
      COMMAND_LINE: 'argv0',
    }),
  )
  expect(orphan.routing.parent).toBe(parent.routing.this)

  // Its end says who its parent was then.
  const end = only(named(events, 'TERMINATE_PROCESS', seen.pid))
  expect(end.event).toEqual({
    PROCESS_ID: seen.pid,
    PARENT_PROCESS_ID: seen.reaper,
    TIMESTAMP: end.routing.event_time,
  })
  const parentEnd = only(named(events, 'TERMINATE_PROCESS', parentPid))
  expect(parentEnd.routing.parent).toBe(parent.routing.this)
  expect(events.indexOf(parentEnd)).toBeLessThan(events.indexOf(end))
})

test('a process that was made as a sibling of its creator has the parent of its creator', async () => {
  const args = [program('hold'), 'argv0']
  const { child, output, seen, events } = await eventsOf(NAMES, () =>
    whileHeld(program('clone-parent'), args, (pid) => ({ pid, parentPid: statusOf(pid)!.parentPid })),
  )
  expect(seen).toEqual({ pid: numberAfter(output, 'sibling'), parentPid: child.pid })

  const parent = only(named(events, 'NEW_PROCESS', child.pid))
  const sibling = only(named(events, 'NEW_PROCESS', seen.pid))
  expect(sibling.event).toEqual(
    startedHere(sibling, {
      PROCESS_ID: seen.pid,
      PARENT_PROCESS_ID: child.pid,
      FILE_PATH: program('hold'),
      COMMAND_LINE: 'argv0',
    }),
  )
  expect(sibling.routing.parent).toBe(parent.routing.this)
})

test('PARENT is the own event of the parent, without its PARENT and with its atoms', async () => {
  const { outer, pid, events } = await eventsOf(NAMES, async () => {
    const child = spawn(program('fork-exec'), ['0', program('exit-as-told'), 'argv0'])
    const { output } = await ended(child)
    return { outer: child.pid!, pid: numberAfter(output, 'forked') }
  })
  const parent = only(named(events, 'NEW_PROCESS', outer))
  const child = only(named(events, 'NEW_PROCESS', pid))
  const { PARENT: grandparent, ...own } = parent.event
  expect(child.event.PARENT).toEqual({
    ...own,
    THIS_ATOM: parent.routing.this,
    PARENT_ATOM: parent.routing.parent,
  })
  expect(grandparent!.PROCESS_ID).toBe(process.pid)
})

test('a family of forks is announced from the eldest to the youngest, although none executed anything', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('fork-deep'), ['6']))
  const line = [only(named(events, 'NEW_PROCESS', child.pid))]
  for (const record of events) {
    if (!isEvent(record, 'NEW_PROCESS') || record.routing.parent !== line.at(-1)!.routing.this) continue
    expect(record.event.PARENT!.PROCESS_ID).toBe(line.at(-1)!.event.PROCESS_ID)
    line.push(record)
  }
  expect(line).toHaveLength(7)
})
