/** A filter as Windows understands it: paths and users, whose names have no case. */
import { KernelwireError } from '../errors.js'
import type { FilterOptions } from '../filter/options.js'
import type { ResolvedFilter } from '../filter/process-filter.js'

/** DOMAIN\user, or a SID. */
const ACCOUNT = /^([^\\]+\\[^\\]+|s-1(-\d+)+)$/

export function resolveFilter(filter: FilterOptions | undefined): ResolvedFilter | undefined {
  if (filter === undefined) return undefined
  const { paths, excludePaths, users, excludeUsers, self, subtreeOf } = filter
  for (const name of ['cgroups', 'excludeCgroups'] as const) {
    if (filter[name] !== undefined) throw refusal(`Windows has no cgroups; leave "${name}" of "filter" out`)
  }
  if (subtreeOf !== undefined) requireProcess(subtreeOf)
  return {
    paths: paths?.map(asStored),
    excludePaths: excludePaths?.map(asStored),
    accounts: users?.map(account),
    excludeAccounts: excludeUsers?.map(account),
    self: self === false ? { pid: process.pid, pidNamespace: undefined } : undefined,
    subtreeOf,
    isWindows: true,
  }
}

function asStored(path: string): string {
  return path.replaceAll('/', '\\').toLowerCase()
}

function account(user: number | string): string {
  const name = `${user}`.toLowerCase()
  if (ACCOUNT.test(name)) return name
  throw refusal(`Windows knows no user ${JSON.stringify(user)}; write DOMAIN\\user or a SID such as S-1-5-18`)
}

function requireProcess(pid: number): void {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return
    throw refusal(`"subtreeOf" is ${pid}, but no such process runs; name one that does`)
  }
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
