import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { program } from './programs.js'
import { eventsOf, named } from './sensor.js'

test('a process whose leader leaves first terminates once, when its last thread ends', async () => {
  const { child, events } = await eventsOf(['NEW_PROCESS', 'TERMINATE_PROCESS'], () =>
    spawn(program('leader-leaves-first')),
  )

  const [started] = named(events, 'NEW_PROCESS', child.pid)
  const ended = named(events, 'TERMINATE_PROCESS', child.pid)
  expect(ended).toHaveLength(1)
  expect(ended[0]!.routing.parent).toBe(started!.routing.this)
  expect(ended[0]!.event).toEqual({
    PARENT_PROCESS_ID: process.pid,
    TIMESTAMP: ended[0]!.routing.event_time,
    PROCESS_ID: child.pid,
  })
})
