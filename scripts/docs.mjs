/**
 * Writes docs/events.md, docs/config.schema.json and docs/kernelwire.1 from the built definitions (npm run
 * build); `--check` only compares.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { COMMAND_NAMES, COMMANDS } from '../dist/cli/commands.js'
import { manPage } from '../dist/cli/man.js'
import { CONFIG_SCHEMA } from '../dist/config/schema.js'
import { document } from '../dist/events/document.js'

const commands = COMMAND_NAMES.map(async (name) => ({
  name,
  summary: COMMANDS[name].summary,
  face: (await COMMANDS[name].load()).face,
}))
const examples = JSON.parse(await readFile(new URL('../docs/event-examples.json', import.meta.url), 'utf8'))
const made = {
  'events.md': document(examples),
  'config.schema.json': `${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`,
  'kernelwire.1': manPage(await Promise.all(commands)),
}

for (const [name, wanted] of Object.entries(made)) {
  const file = new URL(`../docs/${name}`, import.meta.url)
  if (!process.argv.includes('--check')) {
    await writeFile(file, wanted)
  } else if ((await readFile(file, 'utf8')) !== wanted) {
    console.error(`docs/${name} is older than lib: run npm run docs`)
    process.exitCode = 1
  }
}
