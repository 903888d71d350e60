/**
 * Replays what was recorded in another Node, and compares with what its sensor said:
 *
 *   node replays.mjs FOLDER REPLAYS.json
 */
import { writeFileSync } from 'node:fs'
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
const { replays } = await import('../../../test/windows/replays.ts')
writeFileSync(process.argv[3], JSON.stringify(await replays(process.argv[2])))
