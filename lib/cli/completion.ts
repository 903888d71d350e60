/** kernelwire completion: what a shell needs to complete commands, options and values. */
import { KernelwireError } from '../errors.js'
import { EVENT_NAMES } from '../events/index.js'
import { suggestion } from '../nearest.js'
import { linesOf } from '../output/line.js'
import { readArguments } from './arguments.js'
import { COMMAND_NAMES, COMMANDS, type CommandName } from './commands.js'
import { type Choices, COMMON, type Face, type OptionFaces, VERBOSE } from './face.js'
import type { Terminal } from './terminal.js'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export const face = {
  usage: ['completion bash|zsh|fish'],
  options: { verbose: VERBOSE, ...COMMON },
  positional: SHELLS,
  text: ['Prints a script that the shell reads at its start.'],
  examples: [
    'source <(kernelwire completion bash)',
    'kernelwire completion zsh > "$HOME/.zfunc/_kernelwire"',
    'kernelwire completion fish > ~/.config/fish/completions/kernelwire.fish',
  ],
} as const satisfies Face

interface Completed {
  name: CommandName
  summary: string
  face: { options: OptionFaces; positional?: Choices }
}

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals } = readArguments(args, face.options)
  const [shell, ...others] = positionals
  if (shell === undefined || others.length > 0) {
    throw new KernelwireError('ERR_OPTION', 'completion takes one shell: bash, zsh or fish')
  }
  const commands = await Promise.all(
    COMMAND_NAMES.map(async (name) => ({
      name,
      summary: COMMANDS[name].summary,
      face: (await COMMANDS[name].load()).face as Face,
    })),
  )
  await terminal.stdout.lines(linesOf(scriptFor(shell, commands)))
  return 0
}

function scriptFor(shell: string, commands: readonly Completed[]): string {
  if (shell === 'bash') return bash(commands)
  // zsh understands bash's way once it is told to.
  if (shell === 'zsh') return `#compdef kernelwire\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
  if (shell === 'fish') return fish(commands)
  throw new KernelwireError('ERR_OPTION', `there is no completion for "${shell}"; ${suggestion(shell, SHELLS)}`)
}

function bash(commands: readonly Completed[]): string {
  const cases = commands.map(({ name, face: { options, positional } }) => {
    const words = [...Object.keys(options).map((option) => `--${option}`), ...wordsOf(positional)]
    const values = Object.entries(options)
      .filter(([, { type }]) => type === 'string')
      .map(([option, { choices }]) => `      ${name}:--${option}) ${offer(choices)};;`)
    return { words: `      ${name}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"));;`, values }
  })
  return `_kernelwire() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '${[...COMMAND_NAMES, 'help', '--help', '--version'].join(' ')}' -- "$word"))
    return
  fi
  case $command:$before in
      help:help) COMPREPLY=($(compgen -W '${COMMAND_NAMES.join(' ')}' -- "$word"));;
${cases.flatMap(({ values }) => values).join('\n')}
      *) case $command in
${cases.map(({ words }) => words).join('\n')}
    esac;;
  esac
}
complete -F _kernelwire kernelwire
`
}

function offer(choices: Choices | undefined): string {
  if (choices === 'file') return 'COMPREPLY=($(compgen -f -- "$word"))'
  return `COMPREPLY=($(compgen -W '${wordsOf(choices).join(' ')}' -- "$word"))`
}

function fish(commands: readonly Completed[]): string {
  const lines = [
    'complete -c kernelwire -f',
    ...commands.flatMap(({ name, summary, face: { options, positional } }) => {
      const within = `complete -c kernelwire -n '__fish_seen_subcommand_from ${name}'`
      const words = wordsOf(positional)
      return [
        `complete -c kernelwire -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
        ...(words.length === 0 ? [] : [`${within} -a ${quoted(words.join(' '))}`]),
        ...Object.entries(options).map(([option, { type, text, choices }]) => {
          const offered =
            choices === 'file'
              ? ' -F'
              : wordsOf(choices).length === 0
                ? ''
                : ` -a ${quoted(wordsOf(choices).join(' '))}`
          return `${within} -l ${option}${type === 'string' ? ` -r${offered}` : ''} -d ${quoted(text)}`
        }),
      ]
    }),
  ]
  return `${lines.join('\n')}\n`
}

function wordsOf(choices: Choices | undefined): readonly string[] {
  if (choices === 'events') return ['all', ...EVENT_NAMES]
  return choices === undefined || choices === 'file' ? [] : choices
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
