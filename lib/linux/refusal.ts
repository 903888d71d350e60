/** Why nothing could be opened on this machine, in one sentence with the remedy. */
import { type ErrorCode, KernelwireError } from '../errors.js'
import type { NativeFailure, NativeProgram } from '../native.js'
import { BTF, type Confines, confinesOfProcess } from './confines.js'

/** include/uapi/asm-generic/errno-base.h and errno.h */
const ERRNO = { EPERM: 1, EACCES: 13, ENOMEM: 12, EINVAL: 22, ENFILE: 23, EMFILE: 24, ENOSYS: 38 } as const

/** The next one counts against no limit of the process (kernel/bpf/syscall.c, memory cgroups). */
const CHARGED_BEFORE = { major: 5, minor: 11 }

interface Refusal {
  code: ErrorCode
  /** What is so, and what to do about it. */
  text: string
}

export async function refusalOfRing(failure: NativeFailure, confines?: Confines): Promise<KernelwireError> {
  const { step, errno, reason } = failure
  const confined = confines ?? (await confinesOfProcess())
  const refusal = lockedMemory(errno, confined) ?? refusalBy(errno, confined) ?? ofRing(failure, confined)
  return new KernelwireError(refusal.code, refusal.text, { details: `${step}: ${reason} (errno ${errno})` })
}

/** `programs`: those that would have seen processes begin; `lockdown`: the mode that the kernel is in. */
export async function refusalOfPrograms(
  programs: readonly NativeProgram[],
  lockdown: string | undefined,
  confines?: Confines,
): Promise<KernelwireError> {
  const details = programs.map(({ name, reason, log }) => `${name}: ${reason}\n${log}`).join('\n')
  const confined = confines ?? (await confinesOfProcess())
  const [first] = programs
  const isAlike = first !== undefined && programs.every(({ errno }) => errno === first.errno)
  const shared = isAlike && isOfProcess(first.errno, confined) ? refusalBy(first.errno, confined) : undefined
  const refusal = shared ?? withoutTypes(confined) ?? ofPrograms(programs, lockdown)
  return new KernelwireError(refusal.code, refusal.text, { details })
}

/** What to say of a single program that was not attached for want of something that the process could have. */
export function wantOf(errno: number): { reason: string; remedy: string } | undefined {
  switch (errno) {
    case ERRNO.EMFILE:
      return { reason: 'this process may open no more files', remedy: 'let it open more files (ulimit -n)' }
    case ERRNO.ENFILE:
      return { reason: 'this machine may open no more files', remedy: 'let it open more files (fs.file-max)' }
    case ERRNO.ENOMEM:
      return { reason: 'there is no memory for it', remedy: 'give it more memory' }
    default:
      return undefined
  }
}

/** Where the process has all it takes, the kernel refuses single programs for reasons of its own. */
function isOfProcess(errno: number, { missingCapabilities, isInUserNamespace }: Confines): boolean {
  const isDenied = errno === ERRNO.EPERM || errno === ERRNO.EACCES
  return !isDenied || missingCapabilities.length > 0 || isInUserNamespace
}

function lockedMemory(errno: number, { release, lockedBytes, ...confines }: Confines): Refusal | undefined {
  const isFree = confines.missingCapabilities.length === 0 && !confines.isInUserNamespace
  const isDenied = errno === ERRNO.EPERM || errno === ERRNO.ENOMEM
  if (!isDenied || !isFree || lockedBytes === undefined || !isBefore(release, CHARGED_BEFORE)) return undefined
  return {
    code: 'ERR_SOURCE',
    text: `Linux ${release} counts the ring as locked memory, of which this process may have ${lockedBytes} bytes; let it have more (ulimit -l), or take a smaller ring`,
  }
}

function refusalBy(errno: number, confines: Confines): Refusal | undefined {
  const want = wantOf(errno)
  if (want !== undefined && errno !== ERRNO.ENOMEM) {
    const limit = errno === ERRNO.EMFILE && confines.openFiles !== undefined ? ` than ${confines.openFiles}` : ''
    return { code: 'ERR_SOURCE', text: `${want.reason}${limit}; ${want.remedy}` }
  }
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) return denial(confines)
  if (errno === ERRNO.ENOSYS) {
    return confines.hasSeccompFilter
      ? denial(confines)
      : {
          code: 'ERR_KERNEL',
          text: `Linux ${confines.release} has no bpf(2); use one that is built with CONFIG_BPF_SYSCALL`,
        }
  }
  return undefined
}

function denial({ missingCapabilities, isInUserNamespace, hasSeccompFilter }: Confines): Refusal {
  if (isInUserNamespace) {
    return privilege(
      'this process is in a user namespace of its own, and whoever is root there has no say in the kernel; run it as root of the machine (a container without user namespaces, with --privileged)',
    )
  }
  if (missingCapabilities.length > 0) {
    const missing = missingCapabilities.join(' and ')
    return privilege(
      `reading kernel events needs ${missing}, which this process lacks; run it as root, or give it the capabilities`,
    )
  }
  if (hasSeccompFilter) {
    return privilege(
      'a seccomp filter, such as containers have, keeps this process from calling bpf(2); run it without (docker run --security-opt seccomp=unconfined)',
    )
  }
  return privilege(
    'something keeps this process from calling bpf(2) although it has the capabilities: a security module (SELinux, AppArmor), or the kernel itself; let that allow it',
  )
}

function privilege(text: string): Refusal {
  return { code: 'ERR_PRIVILEGE', text }
}

function withoutTypes({ hasSysfs, hasBtf }: Confines): Refusal | undefined {
  if (!hasSysfs) {
    const text =
      'sysfs is not mounted on /sys, where the kernel describes its types; mount it (mount -t sysfs sysfs /sys)'
    return { code: 'ERR_NO_BTF', text }
  }
  if (hasBtf) return undefined
  const text = `this kernel does not describe its types (${BTF} is missing); use one that is built with CONFIG_DEBUG_INFO_BTF`
  return { code: 'ERR_NO_BTF', text }
}

function ofRing({ step, errno, reason }: NativeFailure, confines: Confines): Refusal {
  if (!confines.hasSysfs) return withoutTypes(confines)!
  if (errno === ERRNO.EINVAL) {
    const text = `Linux ${confines.release} has no BPF ring buffer; use a kernel of version 5.8 or newer`
    return { code: 'ERR_KERNEL', text }
  }
  return { code: 'ERR_SOURCE', text: `could not make ${step}: ${reason}; a smaller ring may do` }
}

function ofPrograms(programs: readonly NativeProgram[], lockdown: string | undefined): Refusal {
  const text =
    lockdown === 'confidentiality'
      ? 'this kernel is locked down (lockdown=confidentiality) and lets no program read what begins; boot it with lockdown=integrity, or without'
      : `this kernel refuses every program that sees processes begin (${programs[0]?.reason ?? 'no reason given'}); see --verbose for its words`
  return { code: 'ERR_NOTHING_ATTACHED', text }
}

function isBefore(release: string, { major, minor }: typeof CHARGED_BEFORE): boolean {
  const [ours = 0, ourMinor = 0] = release.split('.').map(Number)
  return ours < major || (ours === major && ourMinor < minor)
}
