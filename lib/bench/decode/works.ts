/** What the decode suite times, and what each run of it is made of. */
import type { ProcessRule } from '../../correlate/rules.js'
import { FLAG } from '../../decode/linux/layout.js'
import type { EventName, EventRecord } from '../../events/index.js'
import { lineEncoder } from '../../output/encoder.js'
import { pieces } from '../../output/ndjson.js'
import { FRAME_BYTES, Records } from '../../records.js'
import type { Run, Work } from '../micro.js'
import { accesses, injections, pipes, threads } from './act-records.js'
import { Pipeline } from './pipeline.js'
import {
  exits,
  forkAndExec,
  forkAndFreshExec,
  forkEnvironmentAndExec,
  forkOnly,
  modules,
  PROGRAM_PATHS,
  type RecordMemory,
  rows,
} from './records.js'

/** Processes of one run: a drain of a busy machine. */
export const COUNT = 512

/** What the work of a run came to; writing it down keeps the compiler from leaving work out. */
export const seen = { events: 0, bytes: 0, sum: 0 }

/** What becomes of a batch. */
export type Sink = (batch: EventRecord[]) => void

export const handOver: Sink = (batch) => {
  seen.events += batch.length
}

/** Into memory that is there already, as a write to a file or a socket does. */
const output = Buffer.alloc(2 ** 21)

const line = lineEncoder()

export const toBytes: Sink = (batch) => {
  seen.events += batch.length
  for (const text of pieces(batch, line)) seen.bytes += output.write(text)
}

export const stringify: Sink = (batch) => {
  seen.events += batch.length
  for (const text of pieces(batch, JSON.stringify)) seen.bytes += output.write(text)
}

const ignore: Sink = () => undefined

/** One kind of event: the records that it comes from, and how they become it. */
export interface Kind {
  name: EventName
  /** Beside the name, where an event comes in more than one way. */
  of: string
  /** Processes that are played. */
  count: number
  /** Events of each of them. */
  events: number
  memory: RecordMemory
  play(sink: Sink): Run
}

const ends = exits(COUNT)
const EVERYONE = PROGRAM_PATHS.map((path) => ({ path }))

export const KINDS: readonly Kind[] = [
  starts('NEW_PROCESS', 'fork and exec', forkAndExec(COUNT)),
  starts('NEW_PROCESS', 'fork and exec, arguments never seen', forkAndFreshExec(COUNT)),
  {
    ...starts('NEW_PROCESS', 'a fork alone', forkOnly(COUNT)),
    play: playForks,
  },
  { name: 'TERMINATE_PROCESS', of: '', count: COUNT, events: 1, memory: ends, play: playEnds },
  { ...starts('PROCESS_ENVIRONMENT', 'with its NEW_PROCESS', forkEnvironmentAndExec(COUNT)), events: 2 },
  during('MODULE_LOAD', '', 1, modules(COUNT), false),
  { name: 'EXISTING_PROCESS', of: '', count: COUNT + 1, events: 1, memory: rows(COUNT), play: playRows },
  during('REMOTE_PROCESS_HANDLE', '', 1, accesses(COUNT), true),
  during('NEW_REMOTE_THREAD', '', 1, threads(COUNT), true),
  during('SENSITIVE_PROCESS_ACCESS', 'with its handle', 2, accesses(COUNT), true, EVERYONE),
  during('THREAD_INJECTION', 'with its handle and its thread', 3, injections(COUNT), true),
  during('NEW_NAMED_PIPE', '', 1, pipes(COUNT, FLAG.NEW), true),
  during('OPEN_NAMED_PIPE', '', 1, pipes(COUNT, 0), true),
]

function starts(name: EventName, of: string, memory: RecordMemory): Kind {
  return { name, of, count: COUNT, events: 1, memory, play: (sink) => playStarts(memory, sink) }
}

/** What happens while the processes run. */
function during(
  name: EventName,
  of: string,
  events: number,
  memory: RecordMemory,
  hasActs: boolean,
  sensitive?: ProcessRule[],
): Kind {
  return { name, of, count: COUNT, events, memory, play: (sink) => playDuring(memory, hasActs, sink, sensitive) }
}

export function kindWork(name: string, { count, play }: Kind, sink: Sink): Work {
  return { name, count, make: () => play(sink) }
}

/** From its start to its end: both events. The same process table for all rounds: a sensor has one for its life. */
export function lifeWork(name: string, sink: Sink): Work {
  let life: Run | undefined
  const make = () => {
    life ??= playLives(sink)
    return life
  }
  return { name, count: COUNT, make }
}

export function visitWork(
  name: string,
  { count, memory }: Kind,
  visit: (records: Records, at: number) => number,
): Work {
  const make = () => {
    const records = new Records(memory.memory)
    const run = () => {
      for (let at = FRAME_BYTES; at < memory.bytes; ) {
        seen.sum += visit(records, at)
        at += FRAME_BYTES + ((records.length(at) + 7) & ~7)
      }
    }
    return { run }
  }
  return { name, count, make }
}

/** Of events that are there already: only their encoding. */
export function sinkWork(name: string, kind: Kind, sink: Sink): Work {
  const make = () => {
    const batch = eventsOf(kind)
    return { run: () => sink(batch) }
  }
  return { name, count: kind.count, make }
}

export function lineWork(name: string, count: number, lines: readonly string[], read: (line: string) => unknown): Work {
  const run = () => {
    for (const line of lines) if (read(line) !== null) seen.events++
  }
  return { name, count, make: () => ({ run }) }
}

export function eventsOf({ play }: Kind): EventRecord[] {
  const events: EventRecord[] = []
  const { prepare, run } = play((batch) => void events.push(...batch))
  prepare?.()
  events.length = 0
  run()
  return events
}

function playStarts(memory: RecordMemory, sink: Sink): Run {
  const pipeline = Pipeline.withParent()
  let isPlayed = false
  return {
    prepare: () => {
      if (isPlayed) pipeline.play(ends, ignore)
      isPlayed = true
      pipeline.later(memory, ends)
    },
    run: () => pipeline.play(memory, sink),
  }
}

function playForks(sink: Sink): Run {
  const memory = forkOnly(COUNT)
  const pipeline = Pipeline.withParent()
  let isPlayed = false
  return {
    prepare: () => {
      if (isPlayed) pipeline.play(ends, ignore)
      isPlayed = true
      pipeline.later(memory, ends)
    },
    run: () => {
      pipeline.play(memory, sink)
      pipeline.tick(sink)
    },
  }
}

function playEnds(sink: Sink): Run {
  const memory = forkAndExec(COUNT)
  const pipeline = Pipeline.withParent()
  return {
    prepare: () => {
      pipeline.later(memory, ends)
      pipeline.play(memory, ignore)
    },
    run: () => pipeline.play(ends, sink),
  }
}

function playLives(sink: Sink): Run {
  const memory = forkAndExec(COUNT)
  const pipeline = Pipeline.withParent()
  return {
    prepare: () => pipeline.later(memory, ends),
    run: () => {
      pipeline.play(memory, sink)
      pipeline.play(ends, sink)
    },
  }
}

function playDuring(acts: RecordMemory, hasActs: boolean, sink: Sink, sensitive?: ProcessRule[]): Run {
  const memory = forkAndExec(COUNT)
  const pipeline = Pipeline.withParent(hasActs, sensitive)
  let isPlayed = false
  return {
    prepare: () => {
      if (isPlayed) pipeline.play(ends, ignore)
      isPlayed = true
      pipeline.later(memory, acts, ends)
      pipeline.play(memory, ignore)
    },
    run: () => pipeline.play(acts, sink),
  }
}

function playRows(sink: Sink): Run {
  const memory = rows(COUNT)
  let pipeline: Pipeline
  return {
    prepare: () => {
      pipeline = new Pipeline()
    },
    run: () => pipeline.snapshot(memory, sink),
  }
}
