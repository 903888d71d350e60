import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Findings } from '../../lib/cli/doctor.js'
import { SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { Command } from './command.js'
import { open } from './sensor.js'

async function doctor(...args: string[]): Promise<{ status: number | null; findings: Findings }> {
  const { status, stdout } = await new Command(['doctor', '--json', ...args]).read().outcomeOfSensor()
  return { status, findings: JSON.parse(stdout) }
}

test('doctor predicts of each event what a sensor for it comes to', async () => {
  const { status, findings } = await doctor()
  expect(findings.events.map(({ event }) => event)).toEqual([...SUPPORTED_ON_LINUX])
  for (const verdict of findings.events) {
    await using sensor = await open({ events: [verdict.event] })
    const needed = sensor.coverage.attachments.filter(({ events }) => events.includes(verdict.event))
    const attached = needed.filter((attachment) => attachment.attached)
    expect(verdict.hooks, verdict.event).toEqual(attached.map(({ hook }) => hook))
    expect(verdict.reasons.length, verdict.event).toBe(needed.length - attached.length)
  }
  expect(status === 0).toBe(findings.events.every(({ state }) => state === 'works'))
})

test('doctor --measure tells what the programs cost, and leaves the kernel as it was', async () => {
  const stats = () => readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8')
  const before = stats()
  const { findings } = await doctor('--events', 'NEW_PROCESS,TERMINATE_PROCESS', '--measure')
  expect(stats()).toBe(before)
  for (const point of ['fork', 'exec', 'exit']) {
    const measured = findings.measured?.find(({ hook }) => hook === `tp_btf/sched_process_${point}`)
    expect(measured?.runs).toBeGreaterThanOrEqual(200)
    expect(measured?.nsPerRun).toBeGreaterThan(0)
  }
})
