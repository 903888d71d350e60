/** A terminal of a given size, by tmux: what a person would see of the command. */
import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { MAIN } from './command.js'
import { until } from './sensor.js'
import { cannotRun } from './skip.js'

let opened = 0

export class Pane {
  readonly #socket = `kernelwire-test-${process.pid}-${opened++}`

  /** Runs kernelwire in it. Skips the test where there is no tmux. */
  constructor(columns: number, rows: number, args: readonly string[]) {
    const { error } = spawnSync('tmux', ['-V'])
    if (error !== undefined) cannotRun(`no tmux: ${error.message}`)
    onTestFinished(() => void this.#tmux('kill-server'))
    const size = ['-x', String(columns), '-y', String(rows)]
    const command = ['env', 'NO_COLOR=1', process.execPath, MAIN, ...args]
    // What has ended can still be looked at.
    this.#tmux('new-session', '-d', ...size, 'sleep 600', ';', 'set-option', '-g', 'remain-on-exit', 'on')
    this.#tmux('respawn-pane', '-k', '--', ...command)
  }

  /** What it shows. What was wrapped at its right edge is one line again, so that it shows as too long. */
  get lines(): string[] {
    const lines = this.#tmux('capture-pane', '-p', '-J').split('\n')
    return lines.map((line) => line.trimEnd())
  }

  /** What a program may try to change. */
  get title(): string {
    return this.#tmux('display-message', '-p', '#{pane_title}').trim()
  }

  /** All that the command shows until it ends. */
  async toEnd(): Promise<string[]> {
    await until(() => this.#tmux('display-message', '-p', '#{pane_dead}').trim() === '1', 'the command has ended')
    return this.lines
  }

  async until(isShown: (text: string) => boolean, what: string): Promise<string[]> {
    await until(() => isShown(this.lines.join('\n')), what)
    return this.lines
  }

  #tmux(...args: string[]): string {
    const environment = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' }
    const { stdout, stderr, status } = spawnSync('tmux', ['-u', '-L', this.#socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: environment,
    })
    if (status !== 0 && args[0] !== 'kill-server') throw new Error(`tmux ${args[0]}: ${stderr}`)
    return stdout
  }
}
