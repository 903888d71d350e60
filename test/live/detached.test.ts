/** Who takes a program out of the kernel is noticed. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ended, UNABLE } from './sensor.js'
import { cannotRun } from './skip.js'

const PROGRAM = fileURLToPath(new URL('detached.mjs', import.meta.url))

test('a sensor whose program is detached from outside fails instead of telling less', async () => {
  const { output } = await ended(spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const { code, message } = JSON.parse(output)
  if (UNABLE.includes(code)) cannotRun(message)
  expect({ code, message }).toMatchObject({
    code: 'ERR_DETACHED',
    message: expect.stringMatching(/^the program process_exit is not attached to the kernel any more/),
  })
})
