/** What of the machine decides whether a sensor can be had. */
import { access } from 'node:fs/promises'
import { arch, platform, release } from 'node:os'
import { BTF, missingCapabilities } from '../linux/confines.js'
import { lockdownMode } from '../linux/lockdown.js'

export interface Facts {
  platform: string
  arch: string
  kernel: string
  /** Whether the kernel describes its types. */
  hasBtf: boolean
  /** none, integrity or confidentiality; absent where the kernel does not say. */
  lockdown?: string
  /** Capabilities that this process lacks, on Windows privileges. */
  missing: readonly string[]
  /** On Windows: whether this process has the rights of an administrator. */
  isElevated?: boolean
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
    lockdownMode(),
    platform() === 'linux' ? missingCapabilities() : [],
  ])
  return {
    platform: platform(),
    arch: arch(),
    kernel: release(),
    hasBtf,
    ...(lockdown === undefined ? {} : { lockdown }),
    missing,
  }
}

async function factsOfWindows(): Promise<Facts> {
  const { etwNative } = await import('../windows/native.js')
  const { isElevated, kernelSessions, missingPrivileges } = etwNative()
  return {
    platform: 'win32',
    arch: arch(),
    kernel: release(),
    hasBtf: false,
    missing: missingPrivileges(),
    isElevated: isElevated(),
    kernelSessions: kernelSessions(),
  }
}
