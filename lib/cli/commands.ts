/** The commands, each loaded when called for: `kernelwire --version` should not wait for schemas or addon. */
import type { Face } from './face.js'
import type { Terminal } from './terminal.js'

export interface Command {
  face: Face
  /** Returns the exit status. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

interface Entry {
  summary: string
  load(): Promise<Command>
}

export const COMMANDS = {
  watch: { summary: 'print events as they happen', load: () => import('./watch.js') },
  ps: { summary: 'list the processes of this moment', load: () => import('./ps.js') },
  doctor: { summary: 'tell which events this machine allows, and what they cost', load: () => import('./doctor.js') },
  record: { summary: 'record all that events are made of', load: () => import('./record.js') },
  replay: { summary: 'print the events of a recording', load: () => import('./replay.js') },
  schema: { summary: 'print the JSON Schema of an event', load: () => import('./schema.js') },
  bench: { summary: 'measure what decoding costs on this machine', load: () => import('./bench.js') },
  completion: { summary: 'print a script with which a shell completes', load: () => import('./completion.js') },
} satisfies Record<string, Entry>

export type CommandName = keyof typeof COMMANDS

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[]

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}
