/** A project that depends on this package as it was built: test/consumer, in a folder of its own. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const CONSUMER = fileURLToPath(new URL('../consumer', import.meta.url))

export interface Run {
  status: number
  stdout: string
  stderr: string
}

export class Consumer {
  readonly folder = temporaryFolder()

  constructor() {
    cpSync(CONSUMER, this.folder, { recursive: true })
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(PACKAGE, join(this.folder, 'node_modules/kernelwire'))
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text)
  }

  /** Runs one of its files with Node. */
  run(file: string, ...args: string[]): Promise<Run> {
    return new Promise((resolve) => {
      execFile(process.execPath, [file, ...args], { cwd: this.folder }, (error, stdout, stderr) => {
        const status = error === null ? 0 : Number(error.code ?? -1)
        if (/ERR_PRIVILEGE|ERR_NO_BTF|ERR_KERNEL|ERR_NOTHING_ATTACHED/.test(stderr)) cannotRun(stderr)
        resolve({ status, stdout, stderr })
      })
    })
  }
}
