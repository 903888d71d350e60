/** What confines this process: it decides which words a refusal of the kernel gets. */
import { access, readFile, readlink } from 'node:fs/promises'
import { release } from 'node:os'

/** include/uapi/linux/capability.h */
const CAP_SYS_ADMIN = 21n
const CAPABILITIES = { CAP_PERFMON: 38n, CAP_BPF: 39n }

export const BTF = '/sys/kernel/btf/vmlinux'
/** include/linux/proc_ns.h, PROC_USER_INIT_INO */
const INITIAL_USER_NAMESPACE = 'user:[4026531837]'

export interface Confines {
  /** Of the running kernel, such as "6.1.0-50-amd64". */
  release: string
  missingCapabilities: readonly string[]
  /** In a user namespace below the initial one, capabilities count for little. */
  isInUserNamespace: boolean
  hasSeccompFilter: boolean
  /** The soft limit; absent where there is none. */
  openFiles?: number
  lockedBytes?: number
  hasSysfs: boolean
  hasBtf: boolean
}

export async function confinesOfProcess(): Promise<Confines> {
  const [status, limits, namespace, hasSysfs, hasBtf] = await Promise.all([
    textOf('/proc/self/status'),
    textOf('/proc/self/limits'),
    readlink('/proc/self/ns/user').catch(() => INITIAL_USER_NAMESPACE),
    exists('/sys/kernel'),
    exists(BTF),
  ])
  const openFiles = softLimit(limits, 'Max open files')
  const lockedBytes = softLimit(limits, 'Max locked memory')
  return {
    release: release(),
    missingCapabilities: missingIn(status),
    isInUserNamespace: namespace !== INITIAL_USER_NAMESPACE,
    hasSeccompFilter: /^Seccomp:\s*2$/m.test(status),
    ...(openFiles === undefined ? {} : { openFiles }),
    ...(lockedBytes === undefined ? {} : { lockedBytes }),
    hasSysfs,
    hasBtf,
  }
}

/** What this process would need and does not have; none where /proc does not say. */
export async function missingCapabilities(): Promise<string[]> {
  return missingIn(await textOf('/proc/self/status'))
}

function missingIn(status: string): string[] {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  if (digits === undefined) return []
  const effective = BigInt(`0x${digits}`)
  const has = (capability: bigint) => ((effective >> capability) & 1n) === 1n
  if (has(CAP_SYS_ADMIN)) return []
  return Object.entries(CAPABILITIES).flatMap(([name, capability]) => (has(capability) ? [] : [name]))
}

function softLimit(limits: string, name: string): number | undefined {
  const number = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)?.[1]
  return number === undefined ? undefined : Number(number)
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
