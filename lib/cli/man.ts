/** The man page, out of the same tables as --help; scripts/docs.mjs writes it. */
import { EXIT_STATUSES } from './dispatch.js'
import { type Face, type OptionFaces, written } from './face.js'

export interface Documented {
  name: string
  summary: string
  face: Face
}

/** In roff with the man macros. */
export function manPage(commands: readonly Documented[]): string {
  return `${[
    '.\\" Made by scripts/docs.mjs from lib/cli. Change it there.',
    '.TH KERNELWIRE 1',
    '.SH NAME',
    'kernelwire \\- process events straight from the kernel',
    '.SH SYNOPSIS',
    ...commands.flatMap(({ face }) => face.usage.map((usage) => `.B kernelwire ${escaped(firstWords(usage))}\n.br`)),
    '.SH DESCRIPTION',
    'Events come out of the kernel (eBPF on Linux) in documented shapes: on a terminal as lines to read, in a pipe as JSON,',
    'one object a line. Events go to stdout, everything else to stderr.',
    '.SH COMMANDS',
    ...commands.flatMap(command),
    '.SH EXIT STATUS',
    ...EXIT_STATUSES.flatMap(([status, meaning]) => ['.TP', `.B ${status}`, escaped(meaning)]),
    '.SH FILES',
    '.TP',
    '.I /run/kernelwire',
    'The clock offset on which the sensors of one boot agree. Nothing else stays behind.',
    '.SH SEE ALSO',
    '.BR bpftool (8),',
    '.BR jq (1)',
  ].join('\n')}\n`
}

function command({ name, summary, face }: Documented): string[] {
  return [
    `.SS ${name}`,
    `${escaped(sentence(summary))}`,
    ...options(face.options),
    ...face.text.flatMap((text) => ['.PP', escaped(text)]),
    '.PP',
    'Examples:',
    '.PP',
    '.nf',
    ...face.examples.map((example) => `.RS\n${escaped(example)}\n.RE`),
    '.fi',
  ]
}

function options(faces: OptionFaces): string[] {
  return Object.entries(faces).flatMap(([name, face]) => [
    '.TP',
    `.B ${escaped(written(name, face))}`,
    escaped(face.text),
  ])
}

/** Without the explanation that may follow. */
function firstWords(usage: string): string {
  return usage.split(/ {2,}/)[0]!
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** A backslash, a hyphen, and what begins a line are special to roff. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
}
