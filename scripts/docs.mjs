/**
 * Writes docs/events.md and docs/config.schema.json from the built definitions (npm run build);
 * `--check` only compares.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { CONFIG_SCHEMA } from '../dist/config/schema.js'
import { document } from '../dist/events/document.js'

const made = { 'events.md': document(), 'config.schema.json': `${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n` }

for (const [name, wanted] of Object.entries(made)) {
  const file = new URL(`../docs/${name}`, import.meta.url)
  if (!process.argv.includes('--check')) {
    await writeFile(file, wanted)
  } else if ((await readFile(file, 'utf8')) !== wanted) {
    console.error(`docs/${name} is older than lib: run node scripts/docs.mjs`)
    process.exitCode = 1
  }
}
