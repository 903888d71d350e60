/** What opening a sensor takes: reads of the kernel's types, and what the verifier goes through. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { Apart } from './apart.js'
import { Command, MAIN } from './command.js'
import { program } from './programs.js'
import { cannotRun, machineCannot } from './skip.js'
import { temporaryFolder } from './temporary.js'
import { VERIFIED } from './verified.js'

test('the types of the kernel are read once for all programs', async () => {
  const calls = join(temporaryFolder(), 'calls')
  const words = ['strace', '-f', '-e', 'trace=openat,open', '-o', calls, process.execPath, MAIN]
  if (!exists('strace')) cannotRun('there is no strace')
  await new Command(['doctor'], {}, words).read().outcomeOfSensor()
  const reads = readFileSync(calls, 'utf8')
    .split('\n')
    .filter((line) => line.includes('/sys/kernel/btf/vmlinux'))
  expect(reads).toHaveLength(1)
})

test('the verifier goes through no program much longer than it did', async () => {
  const apart = await Apart.open({ events: [...SUPPORTED_ON_LINUX], allAccess: true })
  const verified = verifiedOf(apart.pid)
  await apart.kill()
  if (verified.size === 0) machineCannot('its kernel does not say how many instructions it has verified (5.16)')
  expect(verified.size).toBeGreaterThan(4)
  // Other kernels have other figures, though none of another size.
  const growth = release().startsWith('6.18.') ? 1.5 : 3
  for (const [name, count] of verified) {
    expect(VERIFIED[name], `${name} is not in the table; it has ${count}`).toBeDefined()
    expect(count, name).toBeLessThan(Math.max(SMALL, VERIFIED[name]! * growth))
  }
})

test('a machine where nobody has mounted tracefs has the same hooks as one where it is mounted', async () => {
  const mounted = await hooksIn('mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing')
  const unmounted = await hooksIn('umount -q -l /sys/kernel/tracing; umount -q -l /sys/kernel/debug; true')
  expect(unmounted).toEqual(mounted)
})

/** A branch more may double what a program of a few lines takes. */
const SMALL = 1_000

/** What doctor says in a mount namespace of its own, after this. */
async function hooksIn(preparation: string): Promise<[string, readonly string[]][]> {
  const script = `{ ${preparation}; } && exec "$0" "$@"`
  const words = ['unshare', '-m', 'sh', '-c', script, process.execPath, MAIN]
  const { stdout } = await new Command(['doctor', '--json'], {}, words).read().outcomeOfSensor()
  const { events } = JSON.parse(stdout) as { events: { event: string; hooks: readonly string[] }[] }
  return events.map(({ event, hooks }) => [event, hooks])
}

/** By name; of the programs of this process that are attached. */
function verifiedOf(pid: number): Map<string, number> {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))
  const counts = new Map<string, number>()
  const programs = new Map<string, string>()
  for (const text of texts) {
    const id = field(text, 'prog_id')
    const count = field(text, 'verified_insns')
    const link = field(text, 'link_id')
    if (id === undefined) continue
    if (count !== undefined) counts.set(id, Number(count))
    if (link !== undefined) programs.set(link, id)
  }
  const names = execFileSync(program('bpf-links'), { encoding: 'utf8' }).matchAll(/^link (\d+) (.*)$/gm)
  const ofLinks = [...names].flatMap(([, link, name]): [string, number][] => {
    const count = counts.get(programs.get(link!) ?? '')
    return count === undefined ? [] : [[name!, count]]
  })
  return new Map(ofLinks)
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1]
}

function exists(command: string): boolean {
  try {
    execFileSync(command, ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
