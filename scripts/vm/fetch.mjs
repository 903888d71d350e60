/**
 * Fills the cache with what a machine is made of: qemu (unless installed), busybox for the guest, and the kernel.
 */

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { unpackFromSystem, unpackNewest } from './apt.mjs'
import { KERNELS } from './kernels.mjs'
import { xzPayload } from './vmlinuz.mjs'

const QEMU = 'qemu-system-x86_64'
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu']
const FIRMWARE = ['usr/share/qemu', 'usr/share/seabios']
const KERNEL_LIMIT_BYTES = 256 << 20

/** What the machine needs cannot be had here. */
export class Unavailable extends Error {}

export function cacheDirectory(env = process.env) {
  if (env.KERNELWIRE_VM_CACHE) return resolve(env.KERNELWIRE_VM_CACHE)
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kernelwire', 'vm')
}

/**
 * @param {string} name A key of KERNELS.
 * @param {{ progress: (line: string) => void, signal: AbortSignal }} caller
 */
export async function fetchMachine(name, caller) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unavailable(`virtual machines need Linux on x86-64, and this is ${process.platform} on ${process.arch}`)
  }
  const qemu = await fetchQemu(caller)
  const tools = await cached('tools', caller, (place) => unpackFromSystem(['busybox-static', 'xz-utils'], place))
  const kernel = await cached(`linux-${name}`, caller, async (place) => {
    await unpackNewest(KERNELS.get(name), place)
    unpackKernel(place.root, join(tools, 'usr/bin/xz'))
  })
  return {
    qemu,
    busybox: ['bin/busybox', 'usr/bin/busybox'].map((file) => join(tools, file)).find(existsSync),
    ...kernelFiles(kernel),
    readModule: (file) => (file.endsWith('.xz') ? decompressed(join(tools, 'usr/bin/xz'), file) : readFileSync(file)),
  }
}

function decompressed(xz, file) {
  return execFileSync(xz, ['--decompress', '--stdout', file], { maxBuffer: KERNEL_LIMIT_BYTES })
}

async function fetchQemu(caller) {
  const installed = (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, QEMU)))
  if (installed) return { file: QEMU, args: [], env: process.env }
  const root = await cached('qemu', caller, (place) => unpackFromSystem(['qemu-system-x86'], place))
  return {
    file: join(root, 'usr/bin', QEMU),
    args: FIRMWARE.flatMap((directory) => ['-L', join(root, directory)]),
    env: { ...process.env, LD_LIBRARY_PATH: LIBRARIES.map((directory) => join(root, directory)).join(':') },
  }
}

function unpackKernel(root, xz) {
  const { image } = kernelFiles(root)
  const payload = xzPayload(readFileSync(image))
  if (payload === undefined) return
  const kernel = execFileSync(xz, ['--decompress', '--stdout'], { input: payload, maxBuffer: KERNEL_LIMIT_BYTES })
  writeFileSync(image, kernel)
}

/** Since trixie /lib is part of /usr; since 7.x the kernel lies with its modules. */
function kernelFiles(root) {
  const folder = ['lib/modules', 'usr/lib/modules'].map((name) => join(root, name)).find(existsSync)
  const modules = join(folder, readdirSync(folder)[0])
  const boot = join(root, 'boot')
  const images = existsSync(boot) ? readdirSync(boot).filter((file) => file.startsWith('vmlinuz-')) : []
  return { image: images.length > 0 ? join(boot, images[0]) : join(modules, 'vmlinuz'), modules }
}

/** The directory of that name in the cache. It is filled once, and appears whole or not at all. */
async function cached(name, { progress, signal }, fill) {
  const directory = join(cacheDirectory(), name)
  if (existsSync(directory)) return directory
  progress(`fetching ${name} into ${cacheDirectory()}`)
  mkdirSync(cacheDirectory(), { recursive: true })
  const scratch = mkdtempSync(join(cacheDirectory(), 'fetch-'))
  try {
    const root = join(scratch, 'root')
    await fill({ root, scratch, signal })
    if (!existsSync(directory)) renameSync(root, directory)
    return directory
  } catch (error) {
    signal.throwIfAborted()
    throw new Unavailable(`${name} cannot be had from the package archive (${lastLine(error)})`, { cause: error })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function lastLine(error) {
  if (error.code === 'ENOENT' && error.syscall?.startsWith('spawn')) return `there is no ${error.path} here`
  const text = String(error.stderr || error.message).trimEnd()
  return text.slice(text.lastIndexOf('\n') + 1).replace(/\.$/, '')
}
