/** What a command sees of the world around it: a test puts its own in place. */
import type { EventEmitter } from 'node:events'
import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
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
  atExit(text: string): () => void
  /** Everything else, one line at a time. */
  say(line: string): void
  /** Where a person reads what is said: a line that the next one takes the place of; '' takes it away. */
  progress?(line: string): void
  /** Emits SIGINT, SIGTERM and SIGUSR2. */
  signals: Pick<EventEmitter, 'on' | 'off'>
  /** False on Windows, which has no SIGUSR2. */
  hasUserSignals?: boolean
  /** Ends the program at once. */
  exit(status: number): void
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  stderr.on('error', () => undefined)
  return {
    stdout: new Writer(stdout as Writable),
    isTerminal: stdout.isTTY === true,
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    environment: process.env,
    atExit(text) {
      const write = () => void writeSync(stdout.fd, text)
      process.once('exit', write)
      return () => void process.off('exit', write)
    },
    say: (line) => void stderr.write(`${line}\n`),
    ...(stderr.isTTY && { progress: (line: string) => void stderr.write(`\r\x1b[K${line}`) }),
    signals: process,
    hasUserSignals: process.platform !== 'win32',
    exit: (status) => process.exit(status),
  }
}
