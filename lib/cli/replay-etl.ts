/** An .etl recording on the command line: its raw events, or what is in it. */
import { countEvents, type EventCount } from '../etl/counter.js'
import { EtlFile } from '../etl/file.js'
import { findingsOf } from '../etl/findings.js'
import { rawEvent } from '../etl/raw.js'
import { DEFECTS, type Defect, type EtlTotals } from '../etl/totals.js'
import { escapeForTerminal } from '../output/ndjson.js'
import { visible } from '../output/visible.js'
import { Progress } from './replay-progress.js'
import type { Terminal } from './terminal.js'

/** `--raw`: every event of every provider, one JSON object a line. */
export async function printRaw(path: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const file = await EtlFile.open(path)
  const progress = new Progress(terminal, terminal.isTerminal)
  try {
    while (!signal.aborted) {
      const count = await file.step()
      if (count === undefined) break
      const { offsets, records } = file
      let text = ''
      for (let i = 0; i < count; i++) text += `${JSON.stringify(rawEvent(records, offsets[i]!))}\n`
      if (text !== '') await terminal.stdout.write(terminal.isTerminal ? escapeForTerminal(text) : text)
      progress.show(file)
    }
    progress.end()
    for (const note of notesOf(file.totals())) terminal.say(`kernelwire: ${note}`)
  } finally {
    file.close()
  }
}

/** `--stats`: how many events of each kind there are, and what can be learnt from the file. */
export async function printStats(path: string, terminal: Terminal, signal: AbortSignal, json: boolean): Promise<void> {
  const progress = new Progress(terminal, false)
  const counts = await countEvents(path, { onProgress: (file) => progress.show(file), signal })
  progress.end()
  const { facts, totals, kinds } = counts
  const findings = findingsOf(counts)
  if (json) {
    await terminal.stdout.write(`${JSON.stringify({ facts, totals, findings, kinds })}\n`)
    return
  }
  const seconds = facts.endMs > 0 ? `${((facts.endMs - facts.startMs) / 1000).toFixed(1)} s` : 'not closed'
  const lines = [
    `session   ${visible(facts.sessionName)}, Windows build ${facts.osBuild}, ${facts.cpus} CPUs, ${facts.pointerBytes * 8} bit`,
    `recorded  ${dateOf(facts.startMs)}, ${seconds}, clock: ${facts.clock}`,
    `contents  ${totals.events} events in ${totals.buffers} buffers${facts.isCompressed ? ', compressed' : ''}`,
    `lost      ${facts.eventsLost} events, ${facts.buffersLost} buffers, as the session counted them${gapsOf(totals)}`,
    '',
    ...findings.map(({ what, isThere, why }) => `${isThere ? 'yes' : 'no '}  ${what}: ${why}`),
    '',
    ...kinds.map(kindLine),
  ]
  await terminal.stdout.write(`${lines.join('\n')}\n`)
  for (const note of notesOf(totals)) terminal.say(`kernelwire: ${note}`)
}

function gapsOf({ buffersAfterEventLoss, buffersAfterBufferLoss }: EtlTotals): string {
  const gaps = buffersAfterEventLoss + buffersAfterBufferLoss
  return gaps === 0 ? '' : `; ${gaps} buffers stand behind a loss`
}

function kindLine({ provider, id, opcode, version, events, bytes }: EventCount): string {
  const kind = id === undefined ? `opcode ${opcode}` : `id ${id}`
  return `${String(events).padStart(10)}  ${provider} ${kind} version ${version}, ${bytes} bytes`
}

function dateOf(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'at no time that makes sense' : date.toISOString()
}

/** What was left out, and why. */
export function notesOf(totals: EtlTotals): string[] {
  const notes = Object.entries(totals.defects).map(([name, count]) => `${count} ${DEFECTS[name as Defect]}`)
  if (totals.messages > 0) {
    notes.push(`${totals.messages} WPP messages left out: only the symbols of their program say what they mean`)
  }
  if (totals.skipped > 0) notes.push(`${totals.skipped} entries left out that name no event`)
  if (totals.late > 0) notes.push(`${totals.late} events came behind later ones ("late")`)
  if (totals.eventsOfMoreKinds > 0) notes.push(`${totals.eventsOfMoreKinds} events of kinds beyond the first 65536`)
  if (totals.readError !== 0) notes.push(`the file could not be read to its end: system error ${totals.readError}`)
  return notes
}
