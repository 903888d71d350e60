/** native/ring.cc, compiled with the compiler's checks where it has them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const TEST = fileURLToPath(new URL('ring_test.cc', import.meta.url))
const NATIVE = fileURLToPath(new URL('../../native', import.meta.url))

const CHECKS = { addresses: ['-fsanitize=address,undefined'], threads: ['-fsanitize=thread'] }

test.each(Object.entries(CHECKS))('the ring keeps the protocol of the kernel (with checks of %s)', (_, flags) => {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-ring-'))
  try {
    const program = join(folder, 'ring_test')
    const compile = (extra: readonly string[]) =>
      spawnSync(process.env.CXX ?? 'c++', [
        ...['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-pthread', '-I', NATIVE],
        ...extra,
        ...[TEST, join(NATIVE, 'ring.cc'), '-o', program],
      ])
    const withChecks = compile(flags).status === 0 && canRun(program)
    if (!withChecks) expect(compile([]).status).toBe(0)
    expect(execFileSync(program, { encoding: 'utf8' })).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Sanitizers want a layout of the address space that not every kernel gives them. */
function canRun(program: string): boolean {
  const { stderr } = spawnSync(program, { encoding: 'utf8' })
  return !/unexpected memory mapping|Shadow memory/.test(stderr)
}
