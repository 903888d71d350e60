import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documented, last, namespacesOf, only, startedHere } from './expected.js'
import { numberAfter, whileHeld } from './held.js'
import { namespaceOf, statusLine } from './proc.js'
import { program } from './programs.js'
import { eventsOf, named } from './sensor.js'
import { INSIDE, smallTree } from './tree.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const
/** Who is root in a user namespace of its own: in no passwd file. */
const OWNER = 4_000_000_002

/** What can be seen from outside of a process that calls itself 1, while it runs; and the events of it. */
async function contained(user: number) {
  return eventsOf(
    NAMES,
    () =>
      whileHeld(program('contained'), [smallTree(), `${user}`, INSIDE, 'argv0'], (inner, output) => {
        const pid = numberAfter(output, 'contained')
        return { pid, inner, namespaces: namespacesOf(pid), numbers: statusLine(pid, 'NSpid').map(Number) }
      }),
    { extended: true },
  )
}

test('a process in a pid, mount and other namespaces of its own has the path that it has there', async () => {
  const { child, seen, events } = await contained(0)
  const { pid, inner, namespaces } = seen
  const parent = only(named(events, 'NEW_PROCESS', child.pid))
  const record = last(named(events, 'NEW_PROCESS', pid))
  const family = { PROCESS_ID: pid, PARENT_PROCESS_ID: child.pid }
  expect(documented(record.event)).toEqual(startedHere(record, { ...family, FILE_PATH: INSIDE, COMMAND_LINE: 'argv0' }))
  expect(record.routing.parent).toBe(parent.routing.this)
  expect(record.event).toMatchObject({ CURRENT_DIRECTORY: '/', NAMESPACE_PROCESS_ID: 1, NAMESPACES: namespaces })
  expect([inner, seen.numbers]).toEqual([1, [pid, 1]])
  for (const name of ['MNT', 'PID', 'NET', 'UTS', 'IPC', 'CGROUP'] as const) {
    expect(namespaces[name]).not.toBe(namespaceOf(process.pid, name.toLowerCase()))
  }
  const { event } = only(named(events, 'TERMINATE_PROCESS', pid))
  expect(event).toEqual({ ...family, TIMESTAMP: event.TIMESTAMP, EXIT_CODE: 0, SEQUENCE: event.SEQUENCE })
})

test('a program below another root directory has its path from the root of the mount namespace', async () => {
  const root = smallTree()
  const args = [root, INSIDE, 'argv1']
  const { child, events } = await eventsOf(NAMES, () => whileHeld('chroot', args, () => {}), { extended: true })
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event).toMatchObject({
    FILE_PATH: join(root, INSIDE),
    COMMAND_LINE: `${INSIDE} argv1`,
    CURRENT_DIRECTORY: root,
  })
})

test('a user of a foreign user namespace has the number that it has on the host, and no name of the host', async () => {
  const { child, seen, events } = await contained(OWNER)
  const { pid, namespaces } = seen
  const record = last(named(events, 'NEW_PROCESS', pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: pid,
      PARENT_PROCESS_ID: child.pid!,
      FILE_PATH: INSIDE,
      COMMAND_LINE: 'argv0',
      USER_ID: OWNER,
      USER_NAME: undefined,
    }),
  )
  expect(record.event).not.toHaveProperty('USER_NAME')
  expect(record.event).toMatchObject({ EFFECTIVE_USER_ID: OWNER, GROUP_ID: OWNER, NAMESPACES: namespaces })
  expect(namespaces.USER).not.toBe(namespaceOf(process.pid, 'user'))
})
