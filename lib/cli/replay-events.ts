/** An .etl recording on the command line: its events, in the documented shapes. */
import type { CorrelationOptions } from '../correlate/correlator.js'
import { PROVIDER } from '../decode/etw/layout.js'
import { ETL_EVENTS, EtlPlayback } from '../etl/playback.js'
import { damageOf } from '../etl/totals.js'
import type { EventName } from '../events/index.js'
import type { Paint } from '../output/paint.js'
import { type Selection, selects } from '../recording/selection.js'
import { notesOf } from './replay-etl.js'
import { columns } from './replay-modes.js'
import { Progress } from './replay-progress.js'
import { Tally } from './tally.js'
import type { Terminal } from './terminal.js'
import { type ViewName, viewOf } from './view.js'

export interface EventsRequest extends Selection {
  events: readonly EventName[] | undefined
  extended: boolean
  correlation: CorrelationOptions | undefined
  count: number
  view: ViewName
  paint: Paint
}

/** Returns whether the file is damaged. */
export async function printEvents(
  paths: readonly string[],
  request: EventsRequest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const { events, extended, correlation, count } = request
  const wants = selects(events, request, { events: ETL_EVENTS })
  const playback = await EtlPlayback.open(paths, { events: new Set(events ?? ETL_EVENTS), extended, correlation })
  const progress = new Progress(terminal, terminal.isTerminal)
  const tally = new Tally()
  try {
    await using view = await viewOf(request.view, request.paint, terminal, columns(events ?? ETL_EVENTS))
    while (!signal.aborted && tally.total < count) {
      const batch = await playback.next()
      if (batch === undefined) break
      const records = batch.filter(wants).slice(0, count - tally.total)
      await view.show(records)
      for (const record of records) tally.add(record)
      progress.show(playback.file)
    }
    progress.end()
    for (const note of notesAbout(playback, tally)) terminal.say(`kernelwire: ${note}`)
    terminal.say(`kernelwire: ${tally.summary()}`)
    return damageOf(playback.file.totals()).isDamaged
  } finally {
    playback.close()
  }
}

const NO_IMAGES =
  'the recording has no image events: programs have names and no paths, and which threads are those of a pool is known only by the addresses that many programs share'

/** What made no sense or became nothing, and why. */
function notesAbout({ file, decoder }: EtlPlayback, { total }: Tally): string[] {
  const faults = Object.entries(decoder.ledger.faults()).map(([name, count]) => `${count} ${name}`)
  return [
    ...notesOf(file.facts, file.totals()),
    ...(faults.length === 0 ? [] : [`events whose payload makes no sense, left out: ${faults.join(', ')}`]),
    ...(decoder.hasImages || decoder.ledger.read(PROVIDER.THREAD, PROVIDER.KERNEL_PROCESS) === 0 ? [] : [NO_IMAGES]),
    ...(total === 0 ? ['nothing was told; --stats says what the recording has, and why'] : []),
  ]
}
