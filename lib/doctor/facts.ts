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
}

export async function factsOfMachine(): Promise<Facts> {
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
