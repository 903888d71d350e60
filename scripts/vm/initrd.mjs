/**
 * The first root file system of the machine: busybox, the modules to reach the host's files, the two scripts of the
 * guest and the command as a third.
 */

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { cpio } from './cpio.mjs'
import { modulesInLoadOrder } from './modules.mjs'

/** Where the guest looks for a results file to send back. */
export const GUEST_REPORT = '/run/kernelwire-vm/report'

const MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay']

/**
 * @param {{ busybox: string, modules: string, readModule: (file: string) => Buffer, command: readonly string[], project: string, directory: string,
 *   env: Record<string, string> }} guest `project` and `directory`, in which the command runs, are there even if they lie in /tmp.
 * @returns {Buffer}
 */
export function initrd({ busybox, modules, readModule, command, project, directory, env }) {
  const numbered = modulesInLoadOrder(modules, MODULES, readModule).map((file, index) => ({
    path: `modules/${String(index).padStart(2, '0')}-${basename(file, '.xz')}`,
    data: readModule(file),
  }))
  return cpio([
    { path: 'bin' },
    { path: 'bin/busybox', mode: 0o755, data: readFileSync(busybox) },
    { path: 'modules' },
    ...numbered,
    { path: 'init', mode: 0o755, data: guestScript('init.sh') },
    { path: 'directories', data: `${project}\n${directory}\n` },
    { path: 'kernel-modules', data: `${modules}\n` },
    { path: 'run.sh', data: guestScript('run.sh') },
    { path: 'command.sh', data: commandScript(command, directory, env) },
  ])
}

/** A shell script that becomes the command, in its directory and with no environment but the given one. */
export function commandScript(command, directory, env) {
  const variables = Object.entries(env).map(([name, value]) => quoted(`${name}=${value}`))
  return `cd ${quoted(directory)} && exec /usr/bin/env -i ${[...variables, ...command.map(quoted)].join(' ')}\n`
}

function quoted(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function guestScript(name) {
  return readFileSync(new URL(name, import.meta.url))
}
