/** What is documented is tried: every option of every command is in --help and part of some test. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMAND_NAMES, COMMANDS } from '../../lib/cli/commands.js'
import { helpOf } from '../../lib/cli/face.js'

const TESTS = fileURLToPath(new URL('../', import.meta.url))

const tests = (readdirSync(TESTS, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.test.ts') && basename(file) !== basename(import.meta.url))
  .map((file) => readFileSync(`${TESTS}${file}`, 'utf8'))
  .join('\n')

test.each(COMMAND_NAMES)('%s', async (name) => {
  const { face } = await COMMANDS[name].load()
  const help = helpOf(name, COMMANDS[name].summary, face)
  const options = Object.keys(face.options)
  expect(options.filter((option) => !help.includes(`--${option}`))).toEqual([])
  expect(options.filter((option) => !new RegExp(`--${option}(?![\\w-])`).test(tests))).toEqual([])
})
