/** kernelwire doctor, where Windows answers as the stand-in does. */
import { beforeEach, expect, test } from 'vitest'
import { factsOfMachine } from '../../lib/doctor/facts.js'
import { tryOut } from '../../lib/doctor/trial.js'
import { verdictOn } from '../../lib/doctor/verdict.js'
import { standIn } from './stand-in.js'

const trace = standIn()

beforeEach(() => {
  trace.reset()
  trace.listProcesses(false)
  trace.setNow(0n, true)
})

test('who traces the kernel already is told', async () => {
  trace.setOthers(['NT Kernel Logger', 'EventLog-System'])
  expect(await factsOfMachine()).toMatchObject({ platform: 'win32', kernelSessions: ['NT Kernel Logger'] })
})

test('what this process may do is told', async () => {
  // As Wine has it.
  expect(await factsOfMachine()).toMatchObject({ isElevated: true, missing: [] })
})

test('an event works where its session can be had, and is impossible with the reason where not', async () => {
  const { outcome } = await tryOut(['NEW_PROCESS', 'REMOTE_PROCESS_HANDLE'], false)
  expect(verdictOn('NEW_PROCESS', outcome)).toMatchObject({ state: 'works' })
  expect(verdictOn('REMOTE_PROCESS_HANDLE', outcome)).toMatchObject({ state: 'works' })
  trace.wish(true, { startError: 5 })
  const refused = await tryOut(['NEW_PROCESS'], false)
  expect(verdictOn('NEW_PROCESS', refused.outcome)).toMatchObject({
    state: 'impossible',
    reasons: ['may not trace the kernel'],
    remedies: ['run it elevated ("Run as administrator") or as LocalSystem'],
  })
})

test('an event whose provider is refused is impossible, and says why', async () => {
  trace.wish(false, { enableError: 5 })
  const { outcome } = await tryOut(['REMOTE_PROCESS_HANDLE'], false)
  expect(verdictOn('REMOTE_PROCESS_HANDLE', outcome)).toMatchObject({
    state: 'impossible',
    reasons: ['etw/all: Windows error 5'],
  })
})
