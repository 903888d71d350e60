/** What of the machine decides whether a sensor can be had. */
import { access, readFile } from 'node:fs/promises'
import { arch, platform, release } from 'node:os'
import { BTF, missingCapabilities } from '../linux/refusal.js'

export interface Facts {
  platform: string
  arch: string
  kernel: string
  /** Whether the kernel describes its types. */
  hasBtf: boolean
  /** none, integrity or confidentiality; absent where the kernel does not say. */
  lockdown?: string
  /** Capabilities that this process lacks. */
  missing: readonly string[]
  /** On Windows: who traces the kernel already. Windows has eight places for that. */
  kernelSessions?: readonly string[]
}

export async function factsOfMachine(): Promise<Facts> {
  if (platform() === 'win32') return factsOfWindows()
  const [hasBtf, lockdown, missing] = await Promise.all([
    access(BTF).then(
      () => true,
      () => false,
    ),
    readFile('/sys/kernel/security/lockdown', 'utf8').catch(() => ''),
    platform() === 'linux' ? missingCapabilities() : [],
  ])
  const mode = /\[(\w+)\]/.exec(lockdown)?.[1]
  return {
    platform: platform(),
    arch: arch(),
    kernel: release(),
    hasBtf,
    ...(mode === undefined ? {} : { lockdown: mode }),
    missing,
  }
}

async function factsOfWindows(): Promise<Facts> {
  const { etwNative } = await import('../windows/native.js')
  const { isElevated, kernelSessions } = etwNative()
  return {
    platform: 'win32',
    arch: arch(),
    kernel: release(),
    hasBtf: false,
    missing: isElevated() ? [] : ['the rights of an administrator'],
    kernelSessions: kernelSessions(),
  }
}
