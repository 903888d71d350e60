import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { type Bytes, blockOf, execBytes, NO_UTF8, textOf } from './bytes.js'
import { last, only } from './expected.js'
import { numberAfter } from './held.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'

const TRUE = '/bin/true'
const EXTENDED = { extended: true }
const NAMES = ['NEW_PROCESS', 'PROCESS_ENVIRONMENT', 'TERMINATE_PROCESS'] as const

/** `true`, executed with exactly these variables by a program that has none of them: its own image is the last. */
async function runIn(variables: readonly Bytes[]) {
  const [file, args] = execBytes(TRUE, ['true'], variables)
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args), EXTENDED)
  const image = last(named(events, 'NEW_PROCESS', child.pid))
  const environments = named(events, 'PROCESS_ENVIRONMENT', child.pid).filter(
    ({ routing }) => routing.parent === image.routing.this,
  )
  return { child, image, environments }
}

test('an environment of 200 KB arrives whole and in its order', async () => {
  const env = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`V${(i * 7) % 2_000}`, 'x'.repeat(95)]))
  const { child, events } = await eventsOf(NAMES, () => spawn(TRUE, [], { env }), EXTENDED)

  const image = only(named(events, 'NEW_PROCESS', child.pid))
  const record = only(named(events, 'PROCESS_ENVIRONMENT', child.pid))
  expect(record).toEqual({
    routing: {
      ...image.routing,
      event_type: 'PROCESS_ENVIRONMENT',
      event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      this: expect.stringMatching(/^[0-9a-f]{32}$/),
      parent: image.routing.this,
    },
    event: {
      ENVIRONMENT_VARIABLES: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      PROCESS_ID: child.pid,
      SEQUENCE: expect.any(Number),
    },
  })
  expect(record.routing.this).not.toBe(image.routing.this)
  expect(events.indexOf(record)).toBeGreaterThan(events.indexOf(image))
})

test('what is no variable is in the environment too, and what is in it twice is in it twice', async () => {
  const variables = ['A=1', '', 'no equals sign', '=', 'A=2', 'LINES=a\nb', 'ESC=\x1b[0m', 'Ü=ü', 'LAST=']
  const { environments } = await runIn(variables)
  expect(only(environments).event.ENVIRONMENT_VARIABLES).toEqual(variables)
})

test('bytes that are no UTF-8 become U+FFFD, and the exact ones stand beside them in an extended event', async () => {
  const variables = ['A=1', NO_UTF8, `LONG=${'x'.repeat(60_000)}`]
  const { environments, child } = await runIn(variables)
  expect(only(environments).event).toEqual({
    ENVIRONMENT_VARIABLES: variables.map(textOf),
    PROCESS_ID: child.pid,
    SEQUENCE: expect.any(Number),
    RAW_BYTES: { ENVIRONMENT_VARIABLES: blockOf(variables).toString('base64') },
  })
})

test('each image of a process has the environment that it was given', async () => {
  const [file, args] = execBytes(TRUE, ['true'], ['SECOND=2'])
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args, { env: { FIRST: '1' } }), EXTENDED)
  const images = named(events, 'NEW_PROCESS', child.pid)
  const environments = named(events, 'PROCESS_ENVIRONMENT', child.pid)
  expect(environments.map(({ event }) => event.ENVIRONMENT_VARIABLES)).toEqual([['FIRST=1'], ['SECOND=2']])
  expect(environments.map(({ routing }) => routing.parent)).toEqual(images.map(({ routing }) => routing.this))
})

test('a program that was given no environment has no such event', async () => {
  const { environments } = await runIn([])
  expect(environments).toEqual([])
})

test('a fork that executes nothing has no environment of its own', async () => {
  const { pid, events } = await eventsOf(
    NAMES,
    async () => {
      const { output } = await ended(spawn(program('fork-only'), ['fork']))
      return { pid: numberAfter(output, 'forked') }
    },
    EXTENDED,
  )
  only(named(events, 'NEW_PROCESS', pid))
  expect(named(events, 'PROCESS_ENVIRONMENT', pid)).toEqual([])
})
