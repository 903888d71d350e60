/** A folder of the running test's own, removed behind it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-live-'))
  // Unlike rmSync(), rm can remove what has too long a path to be named.
  onTestFinished(() => {
    execFileSync('rm', ['-rf', folder])
  })
  // Some tests let other users in.
  chmodSync(folder, 0o755)
  return folder
}
