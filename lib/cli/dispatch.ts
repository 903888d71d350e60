/** From the command line to a command, and from how it ended to an exit status. */
import { exitStatus, KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { ReaderGone } from '../output/writer.js'
import type { Terminal } from './terminal.js'
import { version } from './version.js'

export interface Command {
  help: string
  /** Returns the exit status. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

/** Loaded when called for: `kernelwire --version` should not wait for schemas or addon. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  watch: () => import('./watch.js'),
  schema: () => import('./schema.js'),
  bench: () => import('./bench.js'),
}

const HELP = `kernelwire: process events straight from the kernel

Usage: kernelwire COMMAND [OPTIONS]

Commands:
  watch     print events as they happen, one JSON object a line
  schema    print the JSON Schema of an event
  bench     measure what decoding costs on this machine
  help      explain a command: kernelwire help watch

Options:
  --help, -h     this text; after a command, that command's
  --version, -v  the version

Examples:
  kernelwire watch
  kernelwire watch --events NEW_PROCESS --duration 10s | jq .event.COMMAND_LINE
  kernelwire schema NEW_PROCESS

Exit status: 0 done, 1 failed while running, 2 usage, 3 missing privilege, 4 unsupported here or nothing
could be attached, 130 second SIGINT, 141 the reader of stdout is gone.
`

/** As a shell reports a program that SIGPIPE ended: 128 + 13. */
const READER_GONE = 141

const USAGE = 2

export function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  return reported(args, terminal, choose(args, terminal))
}

/** One command that is a program of its own. */
export function dispatchTo(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  return reported(args, terminal, runCommand(command, args, terminal))
}

async function reported(args: readonly string[], terminal: Terminal, running: Promise<number>): Promise<number> {
  try {
    return await running
  } catch (error) {
    if (error instanceof ReaderGone) return READER_GONE
    report(error, args.includes('--verbose'), terminal)
    return exitStatus(error)
  }
}

async function choose([first, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (first === undefined) {
    terminal.say(HELP.trimEnd())
    return USAGE
  }
  if (first === '--help' || first === '-h') return print(HELP, terminal)
  if (first === '--version' || first === '-v') return print(`${version()}\n`, terminal)
  if (first === 'help') return help(rest[0], terminal)

  return runCommand(await load(first), rest, terminal)
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (options.includes('--help') || options.includes('-h')) return print(command.help, terminal)
  return command.run(args, terminal)
}

async function help(name: string | undefined, terminal: Terminal): Promise<number> {
  return print(name === undefined ? HELP : (await load(name)).help, terminal)
}

async function load(name: string): Promise<Command> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command !== undefined) return command()
  throw new KernelwireError('ERR_OPTION', unknown(name))
}

function unknown(name: string): string {
  const names = [...Object.keys(COMMANDS), 'help']
  if (name.startsWith('-')) return `a command comes first, then its options: write kernelwire watch ${name}`
  return `no command is called "${name}"; ${suggestion(name, names)}`
}

async function print(text: string, terminal: Terminal): Promise<number> {
  await terminal.stdout.write(text)
  return 0
}

function report(error: unknown, isVerbose: boolean, terminal: Terminal): void {
  if (!(error instanceof KernelwireError)) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    terminal.say(`kernelwire: ${message}`)
    if (isVerbose && stack !== undefined) terminal.say(stack)
    return
  }
  const hint = error.details !== undefined && !isVerbose ? '; --verbose shows the details' : ''
  terminal.say(`kernelwire: ${error.message} (${error.code})${hint}`)
  if (!isVerbose) return
  if (error.details !== undefined) terminal.say(error.details.trimEnd())
  if (error.cause !== undefined) terminal.say(`caused by: ${String(error.cause)}`)
}
