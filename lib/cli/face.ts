/**
 * What a command looks like from outside. One table gives its parser, its --help and the completion
 * of shells, so that none of them can fall behind.
 */

export interface OptionFace {
  type: 'string' | 'boolean'
  short?: string
  multiple?: true
  /** What stands for its value in a text: TIME, LIST, … Strings have one. */
  value?: string
  text: string
  /** What a shell can offer as the value. */
  choices?: Choices
}

export type Choices = readonly string[] | 'events' | 'file'

export type OptionFaces = Record<string, OptionFace>

export interface Face {
  /** Each without "kernelwire" before it. */
  usage: readonly string[]
  options: OptionFaces
  /** Words that it takes beside options. */
  positional?: Choices
  /** Paragraphs behind the options. */
  text: readonly string[]
  examples: readonly string[]
}

/** What every command takes. */
export const COMMON = {
  help: { type: 'boolean', short: 'h', text: 'this text' },
} as const satisfies OptionFaces

export const VERBOSE = {
  type: 'boolean',
  text: 'tell what was attached to the kernel; on an error, all that is known of it',
} as const satisfies OptionFace

export const COLOR = {
  type: 'string',
  value: 'WHEN',
  text: 'colours: auto (on a terminal), always or never; beats FORCE_COLOR and NO_COLOR',
  choices: ['auto', 'always', 'never'],
} as const satisfies OptionFace

const COLUMNS = 104

export function helpOf(name: string, summary: string, face: Face): string {
  const usage = face.usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} kernelwire ${line}`)
  const options = optionLines(face.options)
  const paragraphs = face.text.map((text) => `\n${filled(text, COLUMNS).join('\n')}\n`)
  const examples = face.examples.map((example) => `  ${example}`)
  return `kernelwire ${name}: ${summary}

${usage.join('\n')}

${options.join('\n')}
${paragraphs.join('')}
Examples:
${examples.join('\n')}
`
}

/** `  --count N   end after exactly N lines`, the texts one below the other. */
function optionLines(options: OptionFaces): string[] {
  const entries = Object.entries(options).map(([name, face]) => [`  ${written(name, face)}`, face.text] as const)
  const indent = Math.max(...entries.map(([left]) => left.length)) + 3
  return entries.flatMap(([left, text]) => {
    const [first = '', ...rest] = filled(text, COLUMNS - indent)
    return [`${left.padEnd(indent)}${first}`, ...rest.map((line) => ' '.repeat(indent) + line)]
  })
}

export function written(name: string, { value, short }: OptionFace): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`
  return short === undefined ? long : `${long}, -${short}`
}

/** Words in lines of at most `columns`. */
export function filled(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
