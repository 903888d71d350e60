/** Options and positionals of one command, with refusals that say what to write instead. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'

type OptionKinds = Readonly<Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: true }>>

type Values<O extends OptionKinds> = {
  [K in keyof O]?: O[K]['type'] extends 'string' ? (O[K]['multiple'] extends true ? string[] : string) : boolean
}

export interface Arguments<O extends OptionKinds> {
  values: Values<O>
  positionals: string[]
}

/** Of an option that is given twice, the last one counts, unless it is `multiple`. */
export function readArguments<const O extends OptionKinds>(args: readonly string[], options: O): Arguments<O> {
  const config = {
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  } satisfies ParseArgsConfig
  const { values, positionals, tokens } = parseArgs(config)
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const kind = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (kind === undefined) throw unknownOption(token.rawName, options)
    if (kind.type === 'string') requireValue(token)
    else if (token.value !== undefined) throw refusal(`${token.rawName} takes no value; leave out "=${token.value}"`)
  }
  return { values: values as Values<O>, positionals }
}

/** `--count --json` is a forgotten value; a value that begins with a dash is written `--events=-X`. */
function requireValue(token: { rawName: string; value: string | undefined; inlineValue: boolean | undefined }): void {
  const isForgotten = token.value === undefined || (token.inlineValue === false && token.value.startsWith('-'))
  if (isForgotten)
    throw refusal(`${token.rawName} needs a value: write ${token.rawName} VALUE or ${token.rawName}=VALUE`)
  if (token.value === '') throw refusal(`${token.rawName} needs a value that is not empty`)
}

function unknownOption(rawName: string, options: OptionKinds): KernelwireError {
  const names = Object.keys(options).map((name) => `--${name}`)
  return refusal(`no option is called "${rawName}"; ${suggestion(rawName, names)}`)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
