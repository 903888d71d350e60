/**
 * Writes docs/events.md from the built definitions (npm run build); `--check` only compares.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { document } from '../dist/events/document.js'

const page = new URL('../docs/events.md', import.meta.url)
const wanted = document()

if (!process.argv.includes('--check')) {
  await writeFile(page, wanted)
} else if ((await readFile(page, 'utf8')) !== wanted) {
  console.error('docs/events.md is older than lib/events: run node scripts/docs.mjs')
  process.exitCode = 1
}
