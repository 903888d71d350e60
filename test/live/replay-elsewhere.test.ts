/** A recording says on another machine, with another kernel, what it says here. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { lineEncoder } from '../../lib/output/encoder.js'
import { ended, open } from './sensor.js'
import { cannotRun } from './skip.js'
import { storm } from './storm.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROGRAM = fileURLToPath(new URL('replayed.mjs', import.meta.url))
/** The machine sees this folder, and no temporary ones. */
const FOLDER = join(ROOT, 'build', 'test', 'replay')
const NO_MACHINE = 77
const OTHER = /^6\.1\./m

test('another kernel replays a storm with identities and environments, to the byte', {
  timeout: 600_000,
}, async (context) => {
  if (OTHER.test(release())) return context.skip('this is the other kernel')
  mkdirSync(FOLDER, { recursive: true })
  onTestFinished(() => rmSync(FOLDER, { recursive: true }))
  const path = join(FOLDER, 'run.kwr')
  const encode = lineEncoder()
  const lines: string[] = []
  const sensor = await open({
    events: [
      'NEW_PROCESS',
      'EXISTING_PROCESS',
      'TERMINATE_PROCESS',
      'PROCESS_ENVIRONMENT',
      'CODE_IDENTITY',
      'MODULE_LOAD',
    ],
    record: { path, force: true },
    onBatch: (batch) => lines.push(...batch.map(encode)),
  })
  await storm({ execs: 300 })
  spawnSync('sh', ['-c', 'env | cat'])
  await sensor.close()
  for (const name of ['NEW_PROCESS', 'PROCESS_ENVIRONMENT', 'CODE_IDENTITY', 'MODULE_LOAD'] as const) {
    expect(sensor.stats().events[name], name).toBeGreaterThan(0)
  }

  const vm = ['scripts/vm.mjs', '--timeout', '500', '--', process.execPath, PROGRAM, path]
  const child = spawn(process.execPath, vm, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const { output, code } = await ended(child)
  if (code === NO_MACHINE) cannotRun(stderr)
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(OTHER) })
  expect(stderr).not.toContain(release())
  // Not toBe: the difference of two such texts takes minutes to be shown.
  expect(output === lines.join('')).toBe(true)
})
