/** What a command sees of the world around it: a test puts its own in place. */
import type { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import { Writer } from '../output/writer.js'

export interface Terminal {
  /** Events, schemas, help that was asked for. */
  stdout: Writer
  /** Whether a person reads stdout. */
  isTerminal: boolean
  /** Everything else, one line at a time. */
  say(line: string): void
  /** Emits SIGINT and SIGTERM. */
  signals: Pick<EventEmitter, 'on' | 'off'>
  /** Ends the program at once. */
  exit(status: number): void
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  stderr.on('error', () => undefined)
  return {
    stdout: new Writer(stdout as Writable),
    isTerminal: stdout.isTTY === true,
    say: (line) => void stderr.write(`${line}\n`),
    signals: process,
    exit: (status) => process.exit(status),
  }
}
