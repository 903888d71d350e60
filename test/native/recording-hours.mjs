/** What it takes to replay the recording that is named: what came, how fast, and in how much memory, as JSON. */
import { openRecording } from '../../dist/index.js'

const beganMs = performance.now()
const recording = await openRecording(process.argv[2])
for await (const _ of recording);
const seconds = (performance.now() - beganMs) / 1_000

const { events, processes } = recording.stats()
const rssBytes = process.resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ events, processes, damage: recording.damage, seconds, rssBytes }))
