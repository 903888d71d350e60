/** What this machine says about itself. */
import { readFile } from 'node:fs/promises'
import { arch, hostname, networkInterfaces, platform } from 'node:os'

export interface Machine {
  /** Secret by convention (machine-id(5)): only hashes of it may leave the process. */
  id(): Promise<string>
  hostname(): string
  /** Those that are not internal, in the order of the interfaces. */
  addresses(): string[]
  platform: string
  arch: string
  hasMusl(): Promise<boolean>
}

export const thisMachine: Machine = {
  id: machineId,
  hostname,
  addresses,
  platform: platform(),
  arch: arch(),
  hasMusl,
}

/** Where an id that outlives a reboot is found; the last one can be read by root only. */
const ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id', '/sys/class/dmi/id/product_uuid']

const AN_ID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

export async function machineId(files: readonly string[] = ID_FILES): Promise<string> {
  for (const file of files) {
    const id = (await textOf(file)).trim()
    if (AN_ID.test(id)) return id.replaceAll('-', '').toLowerCase()
  }
  return lastResort()
}

/** In a minimal container nothing better is there: the name and the hardware addresses. */
function lastResort(): string {
  const hardware = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter((address) => !address.internal)
    .map((address) => address.mac)
  return [hostname(), ...new Set(hardware)].sort().join(' ')
}

function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((ofInterface = []) => ofInterface)
  const external = all.filter((address) => !address.internal && !address.address.startsWith('fe80:'))
  const [v4, v6] = [external.filter((a) => a.family === 'IPv4'), external.filter((a) => a.family === 'IPv6')]
  return [...v4, ...v6].map((address) => address.address)
}

/** musl's loader, and its name, are mapped into every program that uses it. */
async function hasMusl(): Promise<boolean> {
  return (await textOf('/proc/self/maps')).includes('/ld-musl-')
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
