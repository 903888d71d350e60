/** Every stage of the addon's life in a process of its own: whatever happens, it ends by itself and without a crash. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const STAGES = fileURLToPath(new URL('stages.mjs', import.meta.url))

test.for([
  'loaded twice',
  'loaded by two threads at once',
  'never opened',
  'used before it is open',
  'closed while it opens',
  'closed while it waits',
  'emptied when it is closed',
  'closed while a snapshot is taken',
  'extended and restricted',
  'closed while it is extended',
  'exited while it is extended',
  'collected unclosed',
  'exited while it is open',
  'exited while it opens',
  'closed while it hashes',
  'closed while it starts to hash',
  'exited while it hashes',
  'in a worker that is terminated while it hashes',
  'in a worker that is terminated while it opens',
  'in a worker that is terminated while it waits',
  'in a worker that is terminated in the middle of its calls',
  'in a worker that is terminated while a snapshot is taken',
  'in a worker that is terminated while it is extended',
  'in a worker that is terminated after it was closed',
  'in a worker that ends with it open',
])('the addon survives being %s', (stage, { skip }) => {
  const { status, signal, stderr } = spawnSync(process.execPath, ['--expose-gc', STAGES, stage], { encoding: 'utf8' })
  const refusal = /cannot open: (.*not permitted)/.exec(stderr)
  if (refusal !== null) skip(refusal[1]!)
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
})
