/** What a command sees of the world around it: a test puts its own in place. */
import type { EventEmitter } from 'node:events'
import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { lineForTerminal } from '../output/line.js'
import type { Frame } from '../output/tree/screen.js'
import { Writer } from '../output/writer.js'

export interface Terminal {
  /** Events, schemas, help that was asked for. */
  stdout: Writer
  /** Whether a person reads stdout. */
  isTerminal: boolean
  /** Of the window, where there is one; it can change. */
  size(): { columns: number | undefined; rows: number | undefined }
  environment: NodeJS.ProcessEnv
  /** Writes this to stdout should the program end; returns what takes that back. */
  atExit(frame: Frame): () => void
  /** Everything else: each a line of stderr, in which a line break is escaped as all else is. */
  say(...lines: string[]): void
  /** Where a person reads what is said: a line that the next one takes the place of; '' takes it away. */
  progress?(line: string): void
  /** Emits SIGINT, SIGTERM and SIGUSR2. */
  signals: Pick<EventEmitter, 'on' | 'off'>
  /** False on Windows, which has no SIGUSR2. */
  hasUserSignals?: boolean
  /** Ends the program at once. */
  exit(status: number): void
}

/** What of a process a terminal is made of. */
export type Surroundings = Pick<NodeJS.Process, 'env' | 'platform' | 'on' | 'once' | 'off' | 'exit'> & {
  stdout: Writable & { fd?: number; isTTY?: boolean; columns?: number; rows?: number }
  stderr: Writable & { isTTY?: boolean }
}

export function processTerminal(surroundings: Surroundings = process): Terminal {
  const { stdout, stderr, env, platform } = surroundings
  stderr.on('error', () => undefined)
  const isTerminal = stdout.isTTY === true
  return {
    stdout: new Writer(stdout, () => isTerminal),
    isTerminal,
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    environment: env,
    atExit(frame) {
      const write = () => void writeSync(stdout.fd!, frame)
      surroundings.once('exit', write)
      return () => void surroundings.off('exit', write)
    },
    say: (...lines) => void stderr.write(lines.map((line) => `${lineForTerminal(line)}\n`).join('')),
    ...(stderr.isTTY && { progress: (line: string) => void stderr.write(`\r\x1b[K${lineForTerminal(line)}`) }),
    signals: surroundings,
    hasUserSignals: platform !== 'win32',
    exit: (status) => surroundings.exit(status),
  }
}
