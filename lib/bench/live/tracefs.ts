/** tracefs: other sensors find their tracepoints there. Not every machine has it mounted. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { atEnd } from './undo.js'

const FOLDER = '/sys/kernel/tracing'

/** Mounts it while the benchmarks run; returns what is to be said of it. */
export function mountTracefs(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return undefined
  if (existsSync(`${FOLDER}/events`) || !existsSync(FOLDER)) return undefined
  const { status, stderr } = spawnSync('mount', ['-t', 'tracefs', 'tracefs', FOLDER], { encoding: 'utf8' })
  if (status !== 0) return `tracefs cannot be mounted on ${FOLDER}: ${stderr?.trim()}`
  atEnd(() => spawnSync('umount', [FOLDER]))
  return `mounted tracefs on ${FOLDER} for the other sensors; it is unmounted at the end`
}
