/**
 * Recordings cut short and with bytes flipped, under the compiler's checks of addresses and of undefined
 * behaviour: at every 4 KiB, and a thousand times flipped, or as much of that as a file's share of the time
 * allows. All files take a minute, and with KERNELWIRE_ALL=1 some five.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etlSources } from '../../scripts/build-wasm.mjs'
import { ETL_FOLDER, NO_ETL_FOLDER, recordings } from '../unit/etl-files.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
const isLong = process.env.KERNELWIRE_ALL === '1'
const SEED = '20261124'

/** What one file may be read in all, in bytes: every cut of a large one would be read for hours. */
const WORK_BYTES = (isLong ? 512 : 96) * 2 ** 20
const CUT_STEP = 4_096
const FLIPS = 1_000

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-etl-'))
const program = join(folder, 'etl_damage')
const run = promisify(execFile)

beforeAll(() => {
  const options = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-I', 'native']
  const compile = (extra: readonly string[]) =>
    spawnSync(
      process.env.CXX ?? 'c++',
      [...options, ...extra, 'test/native/etl_damage.cc', ...etlSources(), '-o', program],
      { cwd: ROOT, encoding: 'utf8' },
    )
  if (compile(SANITIZE).status !== 0) expect(compile([]).stderr).toBe('')
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('there are recordings to damage', ({ skip }) => {
  if (ETL_FOLDER === undefined) skip(NO_ETL_FOLDER)
})

describe.skipIf(ETL_FOLDER === undefined)('damaged', () => {
  test.for(recordings())('$name is read as far as it goes', { timeout: 120_000 }, async ({ path }) => {
    const { size } = statSync(path)
    // On the average half the file is left; each is read three times.
    const cuts = Math.min(size / CUT_STEP, WORK_BYTES / size)
    const flips = Math.min(FLIPS, Math.ceil(WORK_BYTES / 2 / size))
    const step = Math.max(CUT_STEP, Math.ceil(size / cuts / CUT_STEP) * CUT_STEP)
    const { stdout, stderr } = await run(program, [path, String(step), String(flips), SEED])
    expect(stdout + stderr).toBe('')
  })
})
