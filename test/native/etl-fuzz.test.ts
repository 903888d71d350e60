/**
 * The fuzz targets of the .etl reader, with what fuzzing found so far, under the compiler's checks.
 * KERNELWIRE_ALL=1: libFuzzer, two minutes for each, or KERNELWIRE_FUZZ_SECONDS.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { etlSources, findClang } from '../../scripts/build-wasm.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FLAGS = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-fno-sanitize-recover=all', '-I', 'native']
const FUZZ_SECONDS = Number(process.env.KERNELWIRE_FUZZ_SECONDS ?? 120)
const isLong = process.env.KERNELWIRE_ALL === '1'
const run = promisify(execFile)

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function hasFuzzer(clang: string): boolean {
  const { stdout } = spawnSync(clang, ['-print-resource-dir'], { encoding: 'utf8' })
  const runtimes = readdirSync(join(stdout.trim(), 'lib'), { recursive: true, encoding: 'utf8' })
  return runtimes.some((file) => file.includes('libclang_rt.fuzzer'))
}

describe.each(['reader', 'xpress'])('%s', (name) => {
  const corpus = join('test/fuzz/corpus', name)
  const found = readdirSync(join(ROOT, corpus)).map((file) => join(corpus, file))

  test('makes sense of all that was found', { timeout: 120_000 }, async () => {
    expect(found.length).toBeGreaterThan(20)
    const program = join(folder, name)
    const sources = ['test/fuzz/run_files.cc', `test/fuzz/${name}_fuzz.cc`, ...etlSources()]
    compile(process.env.CXX ?? 'c++', [...FLAGS, '-fsanitize=address,undefined', ...sources, '-o', program])
    const { stdout, stderr } = await run(program, found, { cwd: ROOT })
    expect(stdout + stderr).toBe('')
  })

  test('and of what libFuzzer finds', { timeout: (FUZZ_SECONDS + 120) * 1_000 }, async ({ skip }) => {
    if (!isLong) return skip(`it takes ${FUZZ_SECONDS} s: npm test -- --all`)
    const clang = findClang()
    if (clang === undefined) return skip('there is no clang, which libFuzzer is a part of')
    if (!hasFuzzer(clang)) return skip(`${clang} has no libFuzzer to link (Debian: libclang-rt-14-dev)`)
    const program = join(folder, `${name}-fuzzer`)
    const sources = [`test/fuzz/${name}_fuzz.cc`, ...etlSources()]
    compile(clang, [...FLAGS, '-fsanitize=fuzzer,address,undefined', ...sources, '-o', program])
    const limits = [`-max_total_time=${FUZZ_SECONDS}`, '-max_len=8192', '-rss_limit_mb=2500', '-timeout=20']
    const options = [...limits, `-artifact_prefix=${folder}/`, join(folder, 'new'), corpus]
    mkdirSync(join(folder, 'new'), { recursive: true })
    const { stderr } = await run(program, options, { cwd: ROOT, maxBuffer: 2 ** 28 })
    expect(stderr).toContain('DONE')
  })
})

function compile(compiler: string, options: readonly string[]): void {
  const { stderr, status, error } = spawnSync(compiler, options, { cwd: ROOT, encoding: 'utf8' })
  expect({ status, stderr, error }).toMatchObject({ status: 0 })
}
