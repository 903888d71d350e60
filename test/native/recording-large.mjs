/** Replays the recording that is named, and says as JSON what came, how long it took and how much memory. */
import { openRecording } from '../../dist/index.js'

const beganMs = performance.now()
const counts = {}
for await (const batch of await openRecording(process.argv[2])) {
  for (const { routing } of batch) counts[routing.event_type] = (counts[routing.event_type] ?? 0) + 1
}
const seconds = (performance.now() - beganMs) / 1_000
console.log(JSON.stringify({ counts, seconds, rssBytes: process.resourceUsage().maxRSS * 1024 }))
