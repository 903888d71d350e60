/**
 * What this Node makes of real recordings: for each, the SHA-256 of its events as NDJSON and of its raw events.
 *
 *   node digests.mjs DIGESTS.json
 */
import { writeFileSync } from 'node:fs'
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
const { digests } = await import('../../../test/windows/digests.ts')
writeFileSync(process.argv[2], JSON.stringify(await digests()))
