/** What programs executed and mapped as code, by strace: another witness than the kernel's hooks. */
import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

/** The files that a shell script's processes executed, or their interpreters, and those that were mapped with PROT_EXEC. */
export function codeUsedBy(script: string): Set<string> {
  const log = join(temporaryFolder(), 'strace')
  const args = ['-f', '-qq', '-y', '-s', '4096', '-e', 'trace=execve,mmap,mprotect', '-o', log, 'sh', '-c', script]
  const { status, error, stderr } = spawnSync('strace', args, { encoding: 'utf8' })
  if (error !== undefined) cannotRun(`no strace: ${error.message}`)
  if (status !== 0) throw new Error(`strace: status ${status}: ${stderr}`)
  return new Set(
    readFileSync(log, 'utf8')
      .split('\n')
      .flatMap((line) => executedBy(line) ?? mappedBy(line) ?? [])
      .map((path) => realpathSync(interpreterOf(path) ?? path)),
  )
}

/** Of a script: what the kernel executes in its place. */
function interpreterOf(path: string): string | undefined {
  return /^#! *([^ \n]+)/.exec(readFileSync(path, 'latin1'))?.[1]
}

function executedBy(line: string): string | undefined {
  return /^\d+ +execve\("([^"]+)".*\) = 0$/.exec(line)?.[1]
}

/** With -y the path stands behind the descriptor. */
function mappedBy(line: string): string | undefined {
  return /^\d+ +mmap\([^,]+, \d+, [^,]*PROT_EXEC[^,]*, [^,]+, \d+<(\/[^>]+)>.*\) = 0x/.exec(line)?.[1]
}
