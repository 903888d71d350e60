/** An .etl recording on the command line: its raw events, or what is in it. */
import { countEvents, type EventCount, type ProviderCount, providersOf } from '../etl/counter.js'
import type { EtlFacts } from '../etl/facts.js'
import { damageText, findingsOf } from '../etl/findings.js'
import { type RawFilter, type RawFormat, RawLines } from '../etl/raw-lines.js'
import { openParts, partsOfAll } from '../etl/source.js'
import { DEFECTS, type Defect, damageOf, type EtlTotals } from '../etl/totals.js'
import { visible } from '../output/visible.js'
import { Progress } from './replay-progress.js'
import type { Terminal } from './terminal.js'

export interface RawRequest {
  format: RawFormat
  filter: RawFilter
  count: number
}

/** `--raw`: every event of every provider, one line each. Returns whether the file is damaged. */
export async function printRaw(
  paths: readonly string[],
  { format, filter, count: most }: RawRequest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const file = await openParts(await partsOfAll(paths))
  const progress = new Progress(terminal, terminal.isTerminal)
  const lines = new RawLines(format, filter)
  const write = () => terminal.stdout.bytes(lines.take())
  let listed = 0
  try {
    while (!signal.aborted && listed < most) {
      const count = await file.step()
      if (count === undefined) break
      const { offsets, records } = file
      for (let i = 0; i < count && listed < most; i++) {
        if (lines.add(records, offsets[i]!)) listed++
        if (lines.isFull) await write()
      }
      // On a terminal each line is wanted at once.
      if (terminal.isTerminal) await write()
      progress.show(file)
    }
    await write()
    progress.end()
    const totals = file.totals()
    for (const note of notesOf(file.facts, totals)) terminal.say(`kernelwire: ${note}`)
    terminal.say(`kernelwire: ${listed} of ${totals.events} events, ${lossText(file.facts, totals)}`)
    return damageOf(totals).isDamaged
  } finally {
    file.close()
  }
}

/** `--stats`: how many events of each kind there are, and what can be learnt from the file. Returns whether it is damaged. */
export async function printStats(
  paths: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
  json: boolean,
): Promise<boolean> {
  const progress = new Progress(terminal, false)
  const counts = await countEvents(paths, { onProgress: (file) => progress.show(file), signal })
  progress.end()
  const { facts, totals, kinds } = counts
  const findings = findingsOf(counts)
  const damage = damageOf(totals)
  const providers = providersOf(kinds)
  if (json) {
    await terminal.stdout.json([{ facts, totals, damage, findings, providers, kinds }])
    return damage.isDamaged
  }
  const seconds = facts.endMs > 0 ? `${((facts.endMs - facts.startMs) / 1000).toFixed(1)} s` : 'not closed'
  const lines = [
    `session   ${visible(facts.sessionName)}, Windows build ${facts.osBuild}, ${facts.cpus} CPUs, ${facts.pointerBytes * 8} bit`,
    `recorded  ${dateOf(facts.startMs)}, ${seconds}, clock: ${facts.clock}`,
    `contents  ${totals.events} events in ${totals.buffers} buffers${facts.isCompressed ? ', compressed' : ''}`,
    `lost      ${facts.eventsLost} events, ${facts.buffersLost} buffers, as the session counted them${gapsOf(totals)}`,
    `damaged   ${damage.isDamaged ? damageText(damage) : 'nowhere'}`,
    '',
    ...findings.map(({ what, isThere, why }) => `${isThere ? 'yes' : 'no '}  ${what}: ${why}`),
    '',
    ...providers.flatMap((provider) => [
      providerLine(provider),
      ...kinds.filter((kind) => kind.provider === provider.provider).map(kindLine),
    ]),
  ]
  await terminal.stdout.lines(lines)
  for (const note of notesOf(facts, totals)) terminal.say(`kernelwire: ${note}`)
  return damage.isDamaged
}

/** What is missing of a file, at the end of a summary. */
function lossText({ eventsLost, buffersLost }: EtlFacts, totals: EtlTotals): string {
  const damage = damageOf(totals)
  const parts = [
    ...(eventsLost + buffersLost > 0 ? [`the session lost ${eventsLost} events and ${buffersLost} buffers`] : []),
    ...(damage.isDamaged ? [`the file is damaged: ${damageText(damage)}`] : []),
  ]
  return parts.length === 0 ? 'nothing lost' : parts.join('; ')
}

function gapsOf({ buffersAfterEventLoss, buffersAfterBufferLoss }: EtlTotals): string {
  const gaps = buffersAfterEventLoss + buffersAfterBufferLoss
  return gaps === 0 ? '' : `; ${gaps} buffers stand behind a loss`
}

function providerLine({ provider, events, bytes }: ProviderCount): string {
  return `${String(events).padStart(10)}  ${visible(provider)}, ${bytes} bytes`
}

function kindLine({ id, opcode, version, events, bytes }: EventCount): string {
  const kind = id === undefined ? `opcode ${opcode}` : `id ${id}`
  return `${String(events).padStart(10)}    ${kind} version ${version}, ${bytes} bytes`
}

function dateOf(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'at no time that makes sense' : date.toISOString()
}

const BASES: Record<EtlFacts['clockBase'], string | undefined> = {
  start: undefined,
  boot: 'the file does not say when it began: its times are by that of the boot, and off by up to half a second',
  end: 'the file does not say when it began: its times count from its end, and are off by as long as it took',
  unknown: 'the file does not say when it began: its times count from 1970',
}

/** What was left out, and why. */
export function notesOf({ clockBase }: EtlFacts, totals: EtlTotals): string[] {
  const base = BASES[clockBase]
  const notes = base === undefined ? [] : [base]
  const defects = Object.entries(totals.defects).map(([name, count]) => `${count} ${DEFECTS[name as Defect]}`)
  notes.push(...defects)
  if (totals.messages > 0) {
    notes.push(`${totals.messages} WPP messages left out: only the symbols of their program say what they mean`)
  }
  if (totals.skipped > 0) notes.push(`${totals.skipped} entries left out that name no event`)
  if (totals.late > 0) notes.push(`${totals.late} events came behind later ones ("late")`)
  if (totals.eventsOfMoreKinds > 0) notes.push(`${totals.eventsOfMoreKinds} events of kinds beyond the first 65536`)
  if (totals.readError !== 0) notes.push(`the file could not be read to its end: system error ${totals.readError}`)
  return notes
}
