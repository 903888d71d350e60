import { describe, expect, test } from 'vitest'
import { type Examination, run } from '../../lib/cli/doctor.js'
import { notes } from '../../lib/cli/notes.js'
import type { Attachment, Coverage } from '../../lib/coverage.js'
import type { Facts } from '../../lib/doctor/facts.js'
import { verdictOn } from '../../lib/doctor/verdict.js'
import { KernelwireError } from '../../lib/errors.js'
import { EVENT_NAMES, SUPPORTED_HERE } from '../../lib/events/index.js'
import { limitsOf } from '../../lib/linux/limits.js'
import type { NativeViewpoint } from '../../lib/native.js'
import { FakeTerminal } from './terminal.js'

function attachment(program: string, hook: string, events: Attachment['events'], attached = true): Attachment {
  return { program, hook, attached, events, ...(attached ? {} : { reason: 'the kernel refuses it: EPERM' }) }
}

function coverage(...refused: string[]): Coverage {
  const has = (program: string) => !refused.includes(program)
  return {
    attachments: [
      attachment(
        'process_exit',
        'tp_btf/sched_process_exit',
        ['TERMINATE_PROCESS', 'NEW_PROCESS'],
        has('process_exit'),
      ),
      attachment(
        'process_exec',
        'tp_btf/sched_process_exec',
        ['NEW_PROCESS', 'PROCESS_ENVIRONMENT'],
        has('process_exec'),
      ),
      attachment('process_fork', 'tp_btf/sched_process_fork', ['NEW_PROCESS'], has('process_fork')),
      attachment('task_snapshot', 'iter/task', ['EXISTING_PROCESS'], has('task_snapshot')),
    ],
  }
}

const PRIVILEGE = new KernelwireError('ERR_PRIVILEGE', 'it needs CAP_BPF; run it as root')

describe('a verdict', () => {
  test('is "works" where all is attached, with hooks, their kinds and costs', () => {
    expect(verdictOn('PROCESS_ENVIRONMENT', coverage())).toMatchObject({
      state: 'works',
      hooks: ['tp_btf/sched_process_exec'],
      rungs: ['BTF tracepoint'],
      cost: [expect.stringContaining('exec')],
      reasons: [],
      remedies: [],
    })
  })

  test.each([
    ['NEW_PROCESS', ['process_fork'], 'degraded'],
    ['NEW_PROCESS', ['process_exit'], 'degraded'],
    ['NEW_PROCESS', ['process_fork', 'process_exec'], 'impossible'],
    ['TERMINATE_PROCESS', ['process_exit'], 'impossible'],
    ['TERMINATE_PROCESS', ['process_exec'], 'works'],
    ['EXISTING_PROCESS', ['task_snapshot'], 'degraded'],
    ['LOSS_ACCOUNTING', [], 'works'],
  ] as const)('on %s without %j is "%s"', (event, refused, state) => {
    const verdict = verdictOn(event, coverage(...refused))
    expect(verdict.state).toBe(state)
    if (state === 'works') return
    expect(verdict.reasons[0]).toContain('the kernel refuses it')
    expect(verdict.remedies[0]).toMatch(/^use Linux/)
  })

  test('a hook that sees less than another would is "degraded", and says what it does not see', () => {
    const lesser = {
      ...attachment('m', 'tp/syscalls/sys_exit_mmap', ['NEW_PROCESS']),
      cost: 'some',
      blindSpots: 'much',
    }
    const [first] = coverage().attachments
    const verdict = verdictOn('NEW_PROCESS', { attachments: [...coverage().attachments, lesser, first!] })
    expect(verdict).toMatchObject({ state: 'degraded', reasons: [] })
    expect(verdict.blindSpots).toContain('much')
    expect(verdict.cost).toContain('some')
  })

  test('is "impossible" where nothing could be opened: the reason and the remedy are those of the error', () => {
    const verdict = verdictOn('NEW_PROCESS', PRIVILEGE)
    expect(verdict).toMatchObject({ state: 'impossible', reasons: ['it needs CAP_BPF'], remedies: ['run it as root'] })
  })

  test('is "impossible" for what this version cannot produce', () => {
    for (const name of EVENT_NAMES) {
      const isSupported = (SUPPORTED_HERE as readonly string[]).includes(name)
      expect(verdictOn(name, coverage()).state === 'impossible', name).toBe(!isSupported)
    }
  })
})

describe('kernelwire doctor', () => {
  async function doctor(args: string[], outcome: Coverage | KernelwireError = coverage(), facts: Partial<Facts> = {}) {
    const terminal = new FakeTerminal()
    const asked: unknown[] = []
    const examination: Examination = {
      facts: async () => ({
        platform: 'linux',
        arch: 'x64',
        kernel: '6.1.0',
        hasBtf: true,
        lockdown: 'none',
        missing: [],
        ...facts,
      }),
      tryOut: async (events, measures) => {
        asked.push(events, measures)
        return { outcome, measured: measures ? [{ hook: 'tp_btf/x', runs: 200, nsPerRun: 1_230 }] : undefined }
      },
    }
    return { status: await run(args, terminal, examination), stdout: terminal.output, said: terminal.said, asked }
  }

  test('says of each event that this version can produce how it stands, and ends with 0 where all work', async () => {
    const { status, stdout, asked } = await doctor([])
    expect(status).toBe(0)
    expect(asked).toEqual([SUPPORTED_HERE, false])
    for (const name of SUPPORTED_HERE) expect(stdout).toMatch(new RegExp(`^${name} works`, 'm'))
    expect(stdout).toContain('Linux 6.1.0, x64; describes its types (BTF)')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  test.each([
    [coverage('process_fork'), 1],
    [coverage('process_exit'), 4],
    [PRIVILEGE, 3],
    [new KernelwireError('ERR_NO_BTF', 'no types; use another kernel'), 4],
  ])('another exit status says that not all work (%#)', async (outcome, status) => {
    expect((await doctor([], outcome)).status).toBe(status)
  })

  test('ends with which events stand how', async () => {
    const { stdout } = await doctor(['--events', 'NEW_PROCESS,PROCESS_ENVIRONMENT'], coverage('process_fork'))
    expect(stdout).toMatch(/\n\nworks: PROCESS_ENVIRONMENT\ndegraded: NEW_PROCESS\n$/)
    expect((await doctor(['--events', 'NEW_PROCESS'])).stdout).not.toContain('\nworks: ')
  })

  test('only the events asked for count', async () => {
    expect((await doctor(['--events', 'PROCESS_ENVIRONMENT'], coverage('process_exit'))).status).toBe(0)
    expect(await doctor(['--events', 'NEW_NAMED_PIPE,THREAD_INJECTION'])).toMatchObject({ stdout: expect.any(String) })
  })

  test('--json is one object, --measure adds what the kernel counted', async () => {
    const { stdout } = await doctor(['--json', '--measure'])
    const findings = JSON.parse(stdout)
    expect(findings.machine.kernel).toBe('6.1.0')
    expect(findings.events.map(({ event }: { event: string }) => event)).toEqual([...SUPPORTED_HERE])
    expect(findings.measured).toEqual([{ hook: 'tp_btf/x', runs: 200, nsPerRun: 1_230 }])
    expect((await doctor(['--measure'])).stdout).toMatch(/tp_btf\/x +1\.23 µs a run, 200 runs/)
  })

  test('--verbose tells all that is known of a failure, --color colours', async () => {
    const failure = new KernelwireError('ERR_NOTHING_ATTACHED', 'refused; look', { details: 'verifier log\n' })
    expect((await doctor(['--verbose'], failure)).said).toEqual(['  verifier log'])
    expect((await doctor(['--color', 'always'])).stdout).toContain('\x1b[32mworks\x1b[0m')
  })

  test.each([
    [false, 'SeDebugPrivilege: run it elevated'],
    [true, 'SeDebugPrivilege: give this account these rights'],
  ])('on Windows, privileges that are missing have the remedy that helps (elevated: %s)', async (isElevated, words) => {
    const facts = { platform: 'win32', isElevated, missing: ['SeDebugPrivilege'], kernelSessions: ['NT Kernel Logger'] }
    const { stdout } = await doctor([], coverage(), facts)
    expect(stdout).toContain(words)
    expect(stdout).toContain('NT Kernel Logger traces the kernel')
  })

  test('says what cannot be had from where it runs, and which events suffer', async () => {
    const limits = [
      { events: ['EXISTING_PROCESS'] as const, text: 'those outside', remedy: 'go outside' },
      { events: [], text: 'a clock', remedy: 'mount /run' },
    ]
    const within = { ...coverage(), limits }
    const { status, stdout } = await doctor(['--events', 'EXISTING_PROCESS,TERMINATE_PROCESS'], within)
    expect(status).toBe(1)
    expect(stdout).toMatch(/^EXISTING_PROCESS degraded/m)
    expect(stdout).toMatch(/^TERMINATE_PROCESS works/m)
    expect(stdout).toMatch(/^ {2}lacks +a clock; mount \/run$/m)
    expect(stdout).toMatch(/^ {2}remedy +go outside$/m)
    expect(JSON.parse((await doctor(['--json'], within)).stdout).limits).toEqual(limits)
    expect(notes(within, false)).toEqual([
      'kernelwire: missing here: those outside (affects EXISTING_PROCESS); go outside',
      'kernelwire: missing here: a clock; mount /run',
    ])
  })

  test.each<[string, Partial<NativeViewpoint>, readonly RegExp[]]>([
    ['the machine', {}, []],
    ['a container', { isNested: true, proc: 'own', listsAll: false }, [/outside of this pid namespace.* no PARENT/]],
    ['a container that shows the /proc of the machine', { isNested: true }, [/starts to less than 10 ms/]],
    [
      'a container without /proc',
      { isNested: true, proc: 'none', procShowsAll: false, listsAll: false },
      [/outside of this pid namespace/, /the arguments of processes/],
    ],
    ['a machine that hides processes of others', { procShowsAll: false }, [/the arguments of processes/]],
    [
      'no iterator, and /proc hides',
      { procShowsAll: false, listsAll: false },
      [/that \/proc does not show: they have no EXISTING_PROCESS/, /the arguments of processes/],
    ],
  ])('what is missing is said of %s', (_, parts, texts) => {
    const limits = limitsOf({ isNested: false, proc: 'initial', procShowsAll: true, listsAll: true, ...parts })
    expect(limits.map(({ text }) => text)).toEqual(texts.map((text) => expect.stringMatching(text)))
    for (const { events, remedy } of limits) expect([events.length > 0, remedy.length > 0]).toEqual([true, true])
  })

  test('takes options only', async () => {
    await expect(doctor(['NEW_PROCESS'])).rejects.toMatchObject({ code: 'ERR_OPTION' })
  })
})
