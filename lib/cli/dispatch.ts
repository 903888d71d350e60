/** From the command line to a command, and from how it ended to an exit status. */
import { exitStatus, KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { linesOf, quotedLines } from '../output/line.js'
import { ReaderGone } from '../output/writer.js'
import { COMMAND_NAMES, COMMANDS, type Command, type CommandName, isCommand } from './commands.js'
import { filled, helpOf } from './face.js'
import type { Terminal } from './terminal.js'
import { version } from './version.js'

const EXAMPLES = [
  'kernelwire watch',
  'kernelwire watch --events NEW_PROCESS --duration 10s | jq .event.COMMAND_LINE',
  'kernelwire schema NEW_PROCESS',
]

export const EXIT_STATUSES = [
  [0, 'done'],
  [1, 'failed while running, or a recording is damaged'],
  [2, 'usage'],
  [3, 'missing privilege'],
  [4, 'unsupported here or nothing could be attached'],
  [130, 'second SIGINT'],
  [141, 'the reader of stdout is gone'],
] as const

function programHelp(): string {
  const names = [...COMMAND_NAMES, 'help']
  const width = Math.max(...names.map((name) => name.length)) + 3
  const summaries = COMMAND_NAMES.map((name) => `  ${name.padEnd(width)}${COMMANDS[name].summary}`)
  return `kernelwire: process events straight from the kernel

Usage: kernelwire COMMAND [OPTIONS]

Commands:
${summaries.join('\n')}
  ${'help'.padEnd(width)}explain a command: kernelwire help watch

Options:
  --help, -h     this text; after a command, that command's
  --version, -v  the version

Examples:
${EXAMPLES.map((example) => `  ${example}`).join('\n')}

${filled(`Exit status: ${EXIT_STATUSES.map(([status, meaning]) => `${status} ${meaning}`).join(', ')}.`, 104).join('\n')}
`
}

/** As a shell reports a program that SIGPIPE ended: 128 + 13. */
const READER_GONE = 141

const USAGE = 2

export function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  return reported(args, terminal, choose(args, terminal))
}

/** A program of its own: npm run bench. */
export function dispatchTo(
  program: Pick<Command, 'run'> & { help: string },
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  return reported(args, terminal, asksForHelp(args) ? print(program.help, terminal) : program.run(args, terminal))
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
    terminal.say(...linesOf(programHelp()))
    return USAGE
  }
  if (first === '--help' || first === '-h') return print(programHelp(), terminal)
  if (first === '--version' || first === '-v') return print(version(), terminal)
  if (first === 'help') return print(rest[0] === undefined ? programHelp() : await help(rest[0]), terminal)

  const name = known(first)
  if (asksForHelp(rest)) return print(await help(name), terminal)
  return (await load(name)).run(rest, terminal)
}

function asksForHelp(args: readonly string[]): boolean {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return options.includes('--help') || options.includes('-h')
}

async function help(word: string): Promise<string> {
  const name = known(word)
  return helpOf(name, COMMANDS[name].summary, (await load(name)).face)
}

function load(name: CommandName): Promise<Command> {
  return COMMANDS[name].load()
}

function known(word: string): CommandName {
  if (isCommand(word)) return word
  throw new KernelwireError('ERR_OPTION', unknown(word))
}

function unknown(word: string): string {
  if (word.startsWith('-')) return `a command comes first, then its options: write kernelwire watch ${word}`
  return `no command is called "${word}"; ${suggestion(word, [...COMMAND_NAMES, 'help'])}`
}

async function print(text: string, terminal: Terminal): Promise<number> {
  await terminal.stdout.lines(linesOf(text))
  return 0
}

function report(error: unknown, isVerbose: boolean, terminal: Terminal): void {
  if (!(error instanceof KernelwireError)) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    terminal.say(`kernelwire: ${message}`)
    if (isVerbose && stack !== undefined) terminal.say(...quotedLines(stack))
    return
  }
  const hint = error.details !== undefined && !isVerbose ? '; --verbose shows the details' : ''
  terminal.say(`kernelwire: ${error.message} (${error.code})${hint}`)
  if (!isVerbose) return
  if (error.details !== undefined) terminal.say(...quotedLines(error.details))
  if (error.cause !== undefined) terminal.say(`caused by: ${String(error.cause)}`)
}
