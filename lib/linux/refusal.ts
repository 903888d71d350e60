/** Why nothing could be opened on this machine, in one sentence with the remedy. */
import { access, readFile } from 'node:fs/promises'
import { release } from 'node:os'
import { KernelwireError } from '../errors.js'
import type { NativeFailure, NativeProgram } from '../native.js'

const EPERM = 1
const EACCES = 13
const EINVAL = 22

/** include/uapi/linux/capability.h */
const CAP_SYS_ADMIN = 21n
const CAPABILITIES = { CAP_PERFMON: 38n, CAP_BPF: 39n }

export const BTF = '/sys/kernel/btf/vmlinux'

export async function refusalOfRing(failure: NativeFailure): Promise<KernelwireError> {
  const details = `${failure.step}: ${failure.reason} (errno ${failure.errno})`
  const privilege = await missingPrivilege(details)
  if (privilege !== undefined) return privilege
  if (failure.errno === EINVAL) {
    return new KernelwireError(
      'ERR_KERNEL',
      `Linux ${release()} has no BPF ring buffer; use a kernel of version 5.8 or newer`,
      { details },
    )
  }
  return new KernelwireError('ERR_SOURCE', `could not make ${failure.step}: ${failure.reason}; a smaller ring may do`, {
    details,
  })
}

/** `programs`: those that would have seen processes begin; `lockdown`: the mode that the kernel is in. */
export async function refusalOfPrograms(
  programs: readonly NativeProgram[],
  lockdown: string | undefined,
): Promise<KernelwireError> {
  const details = programs.map(({ name, reason, log }) => `${name}: ${reason}\n${log}`).join('\n')
  const isRefused = programs.every(({ errno }) => errno === EPERM || errno === EACCES)
  const privilege = isRefused ? await missingPrivilege(details) : undefined
  if (privilege !== undefined) return privilege
  if (!(await exists(BTF))) {
    return new KernelwireError(
      'ERR_NO_BTF',
      `this kernel does not describe its types (${BTF} is missing); use one that is built with CONFIG_DEBUG_INFO_BTF`,
      { details },
    )
  }
  return new KernelwireError(
    'ERR_NOTHING_ATTACHED',
    lockdown === 'confidentiality'
      ? 'this kernel is locked down (lockdown=confidentiality) and lets no program read what begins; boot it with lockdown=integrity, or without'
      : `this kernel refuses every program that sees processes begin (${programs[0]?.reason ?? 'no reason given'}); see --verbose for its words`,
    { details },
  )
}

/** Undefined when this process has what it takes. */
async function missingPrivilege(details: string): Promise<KernelwireError | undefined> {
  const missing = await missingCapabilities()
  if (missing.length === 0) return undefined
  return new KernelwireError(
    'ERR_PRIVILEGE',
    `reading kernel events needs ${missing.join(' and ')}, which this process lacks; run it as root, or give it the capabilities`,
    { details },
  )
}

/** What this process would need and does not have. */
export async function missingCapabilities(): Promise<string[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  const has = (capability: bigint) => ((effective >> capability) & 1n) === 1n
  if (has(CAP_SYS_ADMIN)) return []
  return Object.entries(CAPABILITIES).flatMap(([name, capability]) => (has(capability) ? [] : [name]))
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
