/** A program that stays for as long as a test looks at it: see test/programs/hold.c. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { ended } from './sensor.js'

export interface Held<T> {
  child: ChildProcess & { pid: number }
  /** All that it wrote. */
  output: string
  seen: T
}

/**
 * Starts `file`, which ends in hold sooner or later; `look` is called while it holds, and gets the
 * number that hold says it has, in its own pid namespace.
 */
export async function whileHeld<T>(
  file: string,
  args: readonly string[],
  look: (pid: number, output: string) => T | Promise<T>,
  options: SpawnOptions = {},
): Promise<Held<T>> {
  const child = spawn(file, args, { stdio: 'pipe', ...options })
  const end = ended(child)
  try {
    const output = await outputUntil(child, /ready( \d+)?\n/)
    const seen = await look(Number(/ready (\d+)/.exec(output)?.[1] ?? child.pid), output)
    child.stdin!.end()
    return { child: child as Held<T>['child'], output: (await end).output, seen }
  } finally {
    child.stdin!.destroy()
  }
}

/** What it has written when that matches; rejects when it ends before. */
export function outputUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout!.on('data', (chunk) => {
      output += chunk
      if (pattern.test(output)) resolve(output)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => reject(new Error(`it ended (${signal ?? code}) and had only said: ${output}`)))
  })
}

/** The number that a program said behind `word`. */
export function numberAfter(output: string, word: string): number {
  return Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(output)?.[1])
}
