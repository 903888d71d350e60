/** What the kernel of this machine does at all: asked of the kernel by programs of their own, with no sensor in sight. */
import { spawnSync } from 'node:child_process'
import { program } from './programs.js'
import { machineCannot } from './skip.js'

/** Ends the running test where the kernel executes no 32-bit programs (IA32_EMULATION, ia32_emulation=0). */
export function require32BitPrograms(): void {
  if (process.arch !== 'x64') machineCannot('only x64 runs 32-bit programs of its own kind')
  const { status, error } = spawnSync(program('hold-bare', '32-bit'), { input: '' })
  if (status !== 0) machineCannot(`it executes no 32-bit programs (${error?.message ?? `status ${status}`})`)
}

/** Ends the running test where the kernel takes no calls as 32-bit programs make them, from a 64-bit one. */
export function require32BitCalls(): void {
  if (process.arch !== 'x64') machineCannot('the calls are those of x86')
  const { stdout, signal } = spawnSync(program('call-of-32'), { encoding: 'utf8' })
  if (stdout !== 'yes\n') machineCannot(`it takes no calls of 32-bit programs (${signal ?? 'they fail'})`)
}
