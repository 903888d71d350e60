/** A folder of the running test's own, removed behind it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-live-'))
  onTestFinished(() => {
    if (process.platform === 'win32') rmSync(folder, { recursive: true, force: true })
    // Unlike rmSync(), rm can remove what has too long a path to be named.
    else execFileSync('rm', ['-rf', folder])
  })
  // Some tests let other users in.
  chmodSync(folder, 0o755)
  return folder
}
