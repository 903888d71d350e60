/** Where the events of a command go: JSON, lines to read, the tree of processes. */
import { KernelwireError } from '../errors.js'
import { EVENT_NAMES, type EventName, type EventRecord } from '../events/index.js'
import { lineEncoder } from '../output/encoder.js'
import type { Paint } from '../output/paint.js'
import type { Terminal } from './terminal.js'

export type ViewName = 'json' | 'lines' | 'tree' | 'csv'

export function viewName(
  { json, lines, tree }: { json?: boolean; lines?: boolean; tree?: boolean },
  { isTerminal }: Terminal,
): ViewName {
  const asked = (['json', 'lines', 'tree'] as const).filter((name) => ({ json, lines, tree })[name] === true)
  if (asked.length > 1) {
    throw new KernelwireError('ERR_OPTION', `--${asked[0]} and --${asked[1]} exclude each other; leave out one of them`)
  }
  if (tree && !isTerminal) {
    throw new KernelwireError('ERR_OPTION', '--tree needs a terminal; write kernelwire ps --tree for a tree in a pipe')
  }
  return asked[0] ?? (isTerminal ? 'lines' : 'json')
}

/** Where events go. */
export interface View extends AsyncDisposable {
  show(records: readonly EventRecord[]): Promise<void>
}

/** `events`: which there can be; a table has their fields as columns. */
export async function viewOf(
  view: ViewName,
  paint: Paint,
  terminal: Terminal,
  events: readonly EventName[] = EVENT_NAMES,
): Promise<View> {
  if (view === 'csv') {
    const { CsvLines } = await import('../output/csv.js')
    const lines = new CsvLines(events)
    const show = (rows: readonly string[]) =>
      terminal.stdout.bytes(Buffer.from(rows.map((row) => `${row}\r\n`).join('')))
    await show([lines.header])
    return new LineView((records) => show(records.map((record) => lines.format(record))))
  }
  if (view === 'json') {
    const encode = lineEncoder()
    return new LineView((records) => terminal.stdout.json(records, encode))
  }
  if (view === 'tree') {
    const { TreeView } = await import('../output/tree/tree-view.js')
    return TreeView.open(terminal, paint)
  }
  const { ReadableLines } = await import('../output/readable.js')
  const lines = new ReadableLines(() => terminal.size().columns, paint)
  return new LineView((records) => terminal.stdout.lines(records, (record) => lines.format(record)))
}

class LineView implements View {
  readonly show: View['show']

  constructor(show: View['show']) {
    this.show = show
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
