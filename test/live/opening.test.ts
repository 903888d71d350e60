/** What opening a sensor takes: reads of the kernel's types, and what the verifier goes through. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { laddersFor } from '../../lib/linux/programs.js'
import { native } from '../../lib/native.js'
import { Command, MAIN } from './command.js'
import { cannotRun } from './skip.js'
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

test('the verifier goes through no program half as long again as it did', async () => {
  const verified = await verifiedHere()
  expect([...verified.keys()]).toEqual(expect.arrayContaining(['process_fork', 'process_exec', 'task_snapshot']))
  const bound = (name: string) => Math.min(MOST, Math.max(SMALL, (VERIFIED[name] ?? 0) * 1.5))
  expect([...verified].filter(([name, count]) => VERIFIED[name] === undefined || count >= bound(name))).toEqual([])
})

test('a machine where nobody has mounted tracefs has the same hooks as one where it is mounted', async () => {
  const mounted = await hooksIn('mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing')
  const unmounted = await hooksIn('umount -q -l /sys/kernel/tracing; umount -q -l /sys/kernel/debug; true')
  expect(unmounted).toEqual(mounted)
})

/** A branch more may double what a program of a few lines takes. */
const SMALL = 1_000

/** A millisecond for each thousand. */
const MOST = 20_000

/** What doctor says in a mount namespace of its own, after this. */
async function hooksIn(preparation: string): Promise<[string, readonly string[]][]> {
  const script = `{ ${preparation}; } && exec "$0" "$@"`
  const words = ['unshare', '-m', 'sh', '-c', script, process.execPath, MAIN]
  const { stdout } = await new Command(['doctor', '--json'], {}, words).read().outcomeOfSensor()
  const { events } = JSON.parse(stdout) as { events: { event: string; hooks: readonly string[] }[] }
  return events.map(({ event, hooks }) => [event, hooks])
}

/** By name; of every program that this kernel takes, also of those that are for others. */
async function verifiedHere(): Promise<Map<string, number>> {
  const names = laddersFor(new Set(SUPPORTED_ON_LINUX), true).flat(2)
  const ladders = [...new Set(names)].map((name) => [[name]])
  const source = new (native().Source)({ ringBytes: 1 << 20, asks: 0, ladders }, () => {})
  const opened = await source.open()
  try {
    expect(opened).not.toHaveProperty('step')
    return new Map(source.programs().flatMap(({ name, attached, log }) => (attached ? counted(name, log) : [])))
  } finally {
    source.close()
  }
}

/** What the kernel says to a program that it has looked through. */
function counted(name: string, log: string): [string, number][] {
  const count = /^processed (\d+) insns/m.exec(log)?.[1]
  return count === undefined ? [] : [[name, Number(count)]]
}

function exists(command: string): boolean {
  try {
    execFileSync(command, ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
