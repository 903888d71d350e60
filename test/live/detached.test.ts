/** Who takes a program out of the kernel is noticed. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ended, UNABLE } from './sensor.js'
import { cannotRun } from './skip.js'

const PROGRAM = fileURLToPath(new URL('detached.mjs', import.meta.url))

test.each([
  ['process_exit', ['sched_process_exit']],
  // Attached by an update.
  ['remote_thread', ['task_newtask', 'NEW_REMOTE_THREAD']],
])('a sensor whose program %s is detached from outside fails instead of telling less', async (program, args) => {
  const { output } = await ended(spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const { code, message } = JSON.parse(output)
  if (UNABLE.includes(code)) cannotRun(message)
  expect({ code, message }).toMatchObject({
    code: 'ERR_DETACHED',
    message: expect.stringContaining(`the program ${program} is not attached to the kernel any more`),
  })
})
