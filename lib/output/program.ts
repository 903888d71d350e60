/** A process in words: the file that it runs, and its arguments as a shell would take them. */
import { visible, visibleBytes } from './visible.js'

/** What the start of a process, or a nested process, says of it. */
export interface ProcessWords {
  PROCESS_ID?: number
  PARENT_PROCESS_ID?: number
  FILE_PATH?: string
  COMMAND_LINE?: string
  ARGUMENTS?: readonly string[]
  RAW_BYTES?: Readonly<Record<string, string>>
}

/** More than any terminal shows of a line; an argument can have megabytes. */
const CHARACTERS_MAX = 4_096
const PLAIN = /^[^\s'"]+$/
const NUL = 0

export interface Program {
  /** The file; a kernel thread has none. */
  path: string
  /** `(name)` first, where the program was not called by the name of its file. */
  arguments: string
}

/** kthreadd is the parent of all threads of the kernel. */
const KTHREADD = 2

/** What has ended, and is not awaited by its parent yet, has no program either. */
function nameless({ PROCESS_ID, PARENT_PROCESS_ID }: ProcessWords): string {
  return PROCESS_ID === KTHREADD || PARENT_PROCESS_ID === KTHREADD ? '[kernel thread]' : '[no program]'
}

export function programOf(process: ProcessWords): Program {
  const path = pathOf(process)
  const [called, ...rest] = argumentsOf(process)
  if (path === '') return { path: called ?? nameless(process), arguments: rest.map(quoted).join(' ') }
  const words = rest.map(quoted)
  if (called !== undefined && baseName(called) !== baseName(path)) words.unshift(`(${called})`)
  return { path, arguments: words.join(' ') }
}

/** The last part of the path, or what it was called. */
export function nameOf(process: ProcessWords): string {
  return baseName(programOf(process).path)
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path
}

function pathOf({ FILE_PATH = '', RAW_BYTES }: ProcessWords): string {
  const raw = RAW_BYTES?.FILE_PATH
  return raw === undefined ? visible(FILE_PATH) : visibleBytes(Buffer.from(raw, 'base64'))
}

function argumentsOf({ COMMAND_LINE = '', ARGUMENTS, RAW_BYTES }: ProcessWords): string[] {
  const raw = RAW_BYTES?.COMMAND_LINE
  if (raw !== undefined) return argumentsOfBytes(Buffer.from(raw.slice(0, CHARACTERS_MAX), 'base64'))
  // Without the exact ones, the first blank is taken for the end of the first.
  const all = ARGUMENTS ?? (COMMAND_LINE === '' ? [] : splitOnce(COMMAND_LINE))
  const shown: string[] = []
  let left = CHARACTERS_MAX
  for (const argument of all) {
    if (left <= 0) break
    shown.push(visible(argument.slice(0, left)))
    left -= argument.length + 1
  }
  return shown
}

function argumentsOfBytes(bytes: Buffer): string[] {
  const all: string[] = []
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(NUL, start)
    const end = nul === -1 ? bytes.length : nul
    all.push(visibleBytes(bytes.subarray(start, end)))
    start = end + 1
  }
  return all
}

function splitOnce(text: string): string[] {
  const blank = text.indexOf(' ')
  return blank === -1 ? [text] : [text.slice(0, blank), text.slice(blank + 1)]
}

function quoted(argument: string): string {
  if (PLAIN.test(argument)) return argument
  return argument.includes("'") ? `"${argument}"` : `'${argument}'`
}
