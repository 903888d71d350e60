/** kernelwire doctor: what this machine allows, event by event. */
import type { Limit } from '../coverage.js'
import { type Facts, factsOfMachine } from '../doctor/facts.js'
import { type Trial, tryOut } from '../doctor/trial.js'
import { type State, type Verdict, verdictOn } from '../doctor/verdict.js'
import { exitStatus, KernelwireError } from '../errors.js'
import { type EventName, SUPPORTED_HERE } from '../events/index.js'
import { requireEvent } from '../options.js'
import { quotedLines } from '../output/line.js'
import { type Paint, paintFor, type Style } from '../output/paint.js'
import { visible } from '../output/visible.js'
import { readArguments } from './arguments.js'
import { COLOR, COMMON, type Face, filled, VERBOSE } from './face.js'
import type { Terminal } from './terminal.js'
import { parseEvents } from './values.js'

export const face = {
  usage: ['doctor [OPTIONS]'],
  options: {
    events: {
      type: 'string',
      value: 'LIST',
      text: 'the events to ask about, as in kernelwire watch (default: all that this version can produce)',
      choices: 'events',
    },
    measure: { type: 'boolean', text: 'start 200 programs, and tell what each hook cost by the count of the kernel' },
    json: { type: 'boolean', text: 'one JSON object' },
    color: COLOR,
    verbose: VERBOSE,
    ...COMMON,
  },
  text: [
    'Attaches what the events need, looks, and takes it back: it says what a sensor would come to now. For an ordinary user it says what is missing.',
    'Exit status: 0 every event asked for works, 1 one is degraded, 3 a privilege is missing, 4 one is impossible.',
  ],
  examples: [
    'kernelwire doctor',
    'kernelwire doctor --events NEW_PROCESS,MODULE_LOAD && echo all is well',
    'kernelwire doctor --json | jq \'.events[] | select(.state != "works")\'',
  ],
} as const satisfies Face

export interface Findings {
  machine: Facts
  /** Absent where nothing could be opened, or there are none. */
  limits?: readonly Limit[]
  events: readonly Verdict[]
  measured?: Trial['measured']
}

export interface Examination {
  facts(): Promise<Facts>
  tryOut(events: readonly EventName[], measures: boolean): Promise<Trial>
}

const COLUMNS_DEFAULT = 100
const STYLES: Record<State, Style> = { works: 'green', degraded: 'yellow', impossible: 'red' }
const INDENT = 2
const TITLE = 11

export async function run(
  args: readonly string[],
  terminal: Terminal,
  examination: Examination = { facts: factsOfMachine, tryOut },
): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  if (positionals.length > 0) {
    throw new KernelwireError('ERR_OPTION', `doctor takes options only, not "${positionals[0]}"; write --events`)
  }
  const paint = paintFor(values.color, terminal.isTerminal, terminal.environment)
  const names = values.events === undefined ? SUPPORTED_HERE : parseEvents('--events', values.events, requireEvent)
  const { outcome, measured } = await examination.tryOut(names, values.measure === true)
  const findings: Findings = {
    machine: await examination.facts(),
    ...(outcome instanceof Error || outcome.limits === undefined ? {} : { limits: outcome.limits }),
    events: names.map((name) => verdictOn(name, outcome)),
    ...(measured === undefined ? {} : { measured }),
  }
  const columns = Math.min(terminal.size().columns ?? COLUMNS_DEFAULT, COLUMNS_DEFAULT)
  if (values.json) await terminal.stdout.json([findings], (all) => JSON.stringify(all, null, 2))
  else await terminal.stdout.lines(page(findings, columns, paint))
  if (values.verbose && outcome instanceof KernelwireError && outcome.details !== undefined) {
    terminal.say(...quotedLines(outcome.details))
  }
  return statusOf(findings.events, outcome)
}

function statusOf(verdicts: readonly Verdict[], outcome: Trial['outcome']): number {
  const states = new Set(verdicts.map(({ state }) => state))
  if (outcome instanceof KernelwireError) return exitStatus(outcome)
  if (states.has('impossible')) return exitStatus(new KernelwireError('ERR_EVENT_UNSUPPORTED', ''))
  return states.has('degraded') ? 1 : 0
}

function page({ machine, limits = [], events, measured }: Findings, columns: number, paint: Paint): string[] {
  const lines = [...machineLines(machine, columns, paint)]
  const general = limits.filter((limit) => limit.events.length === 0)
  const texts = general.map(({ text, remedy }) => `${text}; ${remedy}`)
  lines.push(...entry('lacks', texts, columns, paint))
  for (const verdict of events) lines.push('', ...verdictLines(verdict, columns, paint))
  if (measured !== undefined) lines.push('', ...measuredLines(measured, paint))
  if (events.length > 1) lines.push('', ...summaryLines(events, columns, paint))
  return lines
}

function machineLines(facts: Facts, columns: number, paint: Paint) {
  const { platform, arch, kernel, hasBtf, lockdown, missing, isElevated, kernelSessions } = facts
  if (platform === 'win32') {
    return [
      ...entry('machine', [`Windows ${kernel}, ${arch}`], columns, paint),
      ...entry(
        'sessions',
        (kernelSessions ?? []).map((name) => `${visible(name)} traces the kernel`),
        columns,
        paint,
      ),
      ...entry(
        'missing',
        missing.length === 0 ? [] : [`${missing.join(' and ')}: ${rightsRemedy(isElevated)}`],
        columns,
        paint,
      ),
    ]
  }
  const system = platform === 'linux' ? `Linux ${kernel}` : `${platform} ${kernel}`
  const btf = hasBtf ? 'describes its types (BTF)' : 'does not describe its types (no BTF)'
  return [
    ...entry('machine', [`${system}, ${arch}; ${btf}`], columns, paint),
    ...entry('lockdown', lockdown === undefined ? [] : [lockdown], columns, paint),
    ...entry('missing', missing.length === 0 ? [] : [`${missing.join(' and ')}: run it as root`], columns, paint),
  ]
}

/** An administrator lacks what a policy took away. */
function rightsRemedy(isElevated: boolean | undefined): string {
  return isElevated ? 'give this account these rights (secpol.msc)' : 'run it elevated'
}

function verdictLines(verdict: Verdict, columns: number, paint: Paint): string[] {
  const how = verdict.rungs.length === 0 ? '' : `: ${verdict.rungs.join(', ')}`
  return [
    `${paint('bold', verdict.event)} ${paint(STYLES[verdict.state], verdict.state)}${how}`,
    ...entry('hooks', verdict.hooks.length === 0 ? [] : [verdict.hooks.join(', ')], columns, paint),
    ...entry('costs', verdict.cost.filter(isNotImplied), columns, paint),
    ...entry('unseen', verdict.blindSpots, columns, paint),
    ...entry('because', verdict.reasons, columns, paint),
    ...entry('remedy', verdict.remedies, columns, paint),
  ]
}

/** Last, where a terminal shows it: what is above may have left it. */
function summaryLines(events: readonly Verdict[], columns: number, paint: Paint): string[] {
  const kinds = (Object.keys(STYLES) as State[]).map((state) => ({
    state,
    names: events.filter((verdict) => verdict.state === state).map(({ event }) => event),
  }))
  return kinds
    .filter(({ names }) => names.length > 0)
    .flatMap(({ state, names }) => {
      const [first, ...rest] = filled(`${state}: ${names.join(', ')}`, columns)
      return [`${paint(STYLES[state], state)}${first!.slice(state.length)}`, ...rest]
    })
}

/** Not where another text says this and more. */
function isNotImplied(text: string, index: number, texts: readonly string[]): boolean {
  return !texts.some((other, at) => at !== index && other.startsWith(text) && (other !== text || at < index))
}

function entry(title: string, texts: readonly string[], columns: number, paint: Paint): string[] {
  const lines = texts.flatMap((text) => filled(text, columns - INDENT - TITLE))
  return lines.map((line, index) => {
    const head = index === 0 ? title.padEnd(TITLE) : ' '.repeat(TITLE)
    return `${' '.repeat(INDENT)}${paint('dim', head)}${line}`
  })
}

function measuredLines(measured: NonNullable<Trial['measured']>, paint: Paint): string[] {
  const width = Math.max(...measured.map(({ hook }) => hook.length), 0)
  const lines = measured.map(({ hook, runs, nsPerRun }) => {
    const microseconds = `${(nsPerRun / 1_000).toFixed(2)} µs`
    return `  ${hook.padEnd(width)} ${microseconds.padStart(10)} a run, ${runs} runs`
  })
  return [paint('bold', 'measured, the whole machine'), ...lines]
}
