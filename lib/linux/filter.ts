/** A filter as this machine understands it: names of users as numbers, this process, its namespaces. */
import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { KernelwireError } from '../errors.js'
import type { FilterOptions } from '../filter/options.js'
import type { ResolvedFilter } from '../filter/process-filter.js'

/** Where systems have it; the last is NixOS's. */
const GETENT = ['/usr/bin/getent', '/bin/getent', '/run/current-system/sw/bin/getent']
/** A directory service may not answer. */
const GETENT_MS = 10_000

/** PROC_PID_INIT_INO of the kernel. */
const INITIAL_PID_NAMESPACE = 4026531836

export async function resolveFilter(filter: FilterOptions | undefined): Promise<ResolvedFilter | undefined> {
  if (filter === undefined) return undefined
  const { users, excludeUsers, self, excludeEverywhere, ...rest } = filter
  return {
    ...rest,
    users: await userIds(users),
    excludeUsers: await userIds(excludeUsers),
    self: self === false ? await thisProcess() : undefined,
    mountNamespace: rest.excludePaths && !excludeEverywhere ? await requiredMountNamespace() : undefined,
    hostNamespace: rest.paths && (await initialMountNamespace()),
  }
}

async function userIds(users: readonly (number | string)[] | undefined): Promise<number[] | undefined> {
  return users && Promise.all(users.map((user) => (/^\d+$/.test(`${user}`) ? Number(user) : userId(`${user}`))))
}

/** As all name services of the machine have it. */
async function userId(name: string): Promise<number> {
  const line = (await askNameServices(name)) ?? (await lineOfPasswd(name))
  const id = line?.split(':')[2] ?? ''
  if (/^\d+$/.test(id)) return Number(id)
  throw new KernelwireError('ERR_OPTION', `this machine knows no user "${name}"; name another one, or write its number`)
}

/** By its path and without our environment: PATH and LD_PRELOAD may be another user's than who this runs as. */
async function askNameServices(name: string): Promise<string | undefined> {
  for (const getent of GETENT) {
    const options = { env: {}, timeout: GETENT_MS }
    const found = await promisify(execFile)(getent, ['passwd', '--', name], options).catch(() => undefined)
    if (found !== undefined) return found.stdout
  }
  return undefined
}

async function lineOfPasswd(name: string): Promise<string | undefined> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').find((line) => line.startsWith(`${name}:`))
}

/** Our number, as the initial namespace has it or together with the namespace that it is from. */
async function thisProcess(): Promise<ResolvedFilter['self']> {
  const namespace = await namespaceOf('self', 'pid')
  return { pid: process.pid, pidNamespace: namespace === INITIAL_PID_NAMESPACE ? undefined : namespace }
}

/** Threads of the kernel live in it; where we do not see them, nobody says which one it is. */
export async function initialMountNamespace(): Promise<number | undefined> {
  const isInitial = (await namespaceOf('self', 'pid')) === INITIAL_PID_NAMESPACE
  return isInitial ? namespaceOf('2', 'mnt') : undefined
}

async function requiredMountNamespace(): Promise<number> {
  const namespace = await initialMountNamespace()
  if (namespace !== undefined) return namespace
  throw new KernelwireError(
    'ERR_OPTION',
    '"excludePaths" holds in the initial mount namespace, which cannot be recognised from here; set "excludeEverywhere" (--exclude everywhere) if paths may be trusted in containers',
  )
}

async function namespaceOf(pid: string, kind: string): Promise<number | undefined> {
  const link = await readlink(`/proc/${pid}/ns/${kind}`).catch(() => '')
  const inode = /\[(\d+)\]/.exec(link)?.[1]
  return inode === undefined ? undefined : Number(inode)
}
