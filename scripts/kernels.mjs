/**
 * Writes docs/kernels.md: which events which kernels allow, and by what kind of hook, as doctor says on each of them.
 * Fails when a kernel allows less than the page says so far. With --live the tests of each event run there too.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readResults } from './test/results.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = path.join(ROOT, 'docs/kernels.md')
const DOCTOR = [path.join(ROOT, 'dist/cli/main.js'), 'doctor', '--json']
const SKIPPED = 77
const STATES = ['impossible', 'degraded', 'works']

const MACHINES = [
  { title: '5.10', kernel: '5.10', append: '' },
  { title: '6.1', kernel: '6.1', append: '' },
  { title: '6.1, lockdown=integrity', kernel: '6.1', append: 'lockdown=integrity' },
  { title: '6.1, lockdown=confidentiality', kernel: '6.1', append: 'lockdown=confidentiality' },
  { title: '6.12', kernel: '6.12', append: '' },
  { title: '7.2', kernel: '7.2', append: '' },
]

/** Where an event is tested: files in test/live. */
const TESTS = {
  NEW_PROCESS: 'new-process',
  TERMINATE_PROCESS: 'terminate-process',
  PROCESS_ENVIRONMENT: 'environment',
  MODULE_LOAD: 'module-load',
  NEW_NAMED_PIPE: 'named-pipe',
  REMOTE_PROCESS_HANDLE: 'remote-handle',
  SENSITIVE_PROCESS_ACCESS: 'sensitive-access',
  THREAD_INJECTION: 'remote-thread',
}

const { values } = parseArgs({ options: { live: { type: 'boolean' }, only: { type: 'string' } } })

function node(args, seconds) {
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: seconds * 1_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function inMachine({ kernel, append }, more, seconds) {
  const options = ['--kernel', kernel, '--append', append, '--timeout', `${seconds}`]
  return node([path.join(ROOT, 'scripts/vm.mjs'), ...options, ...more], seconds + 120)
}

/** What doctor says there: by event, its state and the kinds of hooks. Undefined where there is no such machine. */
function diagnose(machine) {
  const { stdout, status } =
    machine.kernel === undefined ? node(DOCTOR, 120) : inMachine(machine, ['--', process.execPath, ...DOCTOR], 400)
  if (status === SKIPPED) return undefined
  const start = stdout.indexOf('{')
  if (start < 0) throw new Error(`doctor said nothing on ${machine.title} (status ${status})`)
  const { machine: facts, events } = JSON.parse(stdout.slice(start))
  return {
    kernel: facts.kernel,
    events: Object.fromEntries(events.map(({ event, state, rungs }) => [event, { state, rungs }])),
  }
}

function runTests(machine) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-kernels-'))
  try {
    const file = path.join(folder, 'live.json')
    const files = Object.values(TESTS).join(',')
    const { status } = inMachine(machine, ['--suite', 'live', '--only', files, '--json', file], 1_800)
    const { passed, failed, skipped } = readResults('live', file, status ? `exit status ${status}` : '')
    return `${passed} passed, ${failed} failed, ${skipped.length} skipped`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the page holds from the last time. */
function known() {
  const text = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  return JSON.parse(/^<!-- (\{.*\}) -->$/m.exec(text)?.[1] ?? '{}')
}

function worse(before, after) {
  return Object.entries(after).flatMap(([title, { events }]) =>
    Object.entries(events)
      .filter(([name, { state }]) => STATES.indexOf(state) < STATES.indexOf(before[title]?.events[name]?.state))
      .map(([name, { state }]) => `${name} on ${title}: ${before[title].events[name].state} before, ${state} now`),
  )
}

function cell(result) {
  if (result === undefined) return ''
  return result.rungs.length === 0 ? result.state : `${result.state}: ${result.rungs.join(', ')}`
}

function pageOf(machines) {
  const titles = Object.keys(machines)
  const names = [...new Set(titles.flatMap((title) => Object.keys(machines[title].events)))]
  const rows = names.map(
    (name) => `| ${name} | ${titles.map((title) => cell(machines[title].events[name])).join(' | ')} |`,
  )
  const tests = titles.filter((title) => machines[title].live).map((title) => `- ${title}: ${machines[title].live}`)
  return `<!-- Made by scripts/kernels.mjs. -->
<!-- ${JSON.stringify(machines)} -->

# Kernels

What \`kernelwire doctor\` says on each of these kernels: Debian's, started in a virtual machine by \`node scripts/kernels.mjs\`, and
the one of the development machine. "degraded" means that a lesser hook is used than there could be, or one of several is
missing: doctor says there what that one does not see. After the state stand the kinds of hooks in use.

| event | ${titles.map((title) => `${title}`).join(' | ')} |
|---|${titles.map(() => '---').join('|')}|
${rows.join('\n')}

| | release |
|---|---|
${titles.map((title) => `| ${title} | ${machines[title].kernel} |`).join('\n')}
${tests.length === 0 ? '' : `\nLive tests of these events, run there:\n\n${tests.join('\n')}\n`}`
}

const before = known()
const after = {}
for (const machine of [...MACHINES, { title: `${release().split('.').slice(0, 2).join('.')} (development machine)` }]) {
  if (values.only !== undefined && !values.only.split(';').includes(machine.title)) continue
  const diagnosis = diagnose(machine)
  if (diagnosis === undefined) continue
  after[machine.title] = diagnosis
  if (values.live && machine.kernel !== undefined) diagnosis.live = runTests(machine)
}
const complaints = worse(before, after)
for (const complaint of complaints) console.error(complaint)
writeFileSync(PAGE, pageOf({ ...before, ...after }))
process.exitCode = complaints.length > 0 ? 1 : 0
