/** What it takes to read a recording: counts or plays the file named first, and says what it found, as JSON. */
import { countEvents } from '../../dist/etl/counter.js'
import { EtlPlayback } from '../../dist/etl/playback.js'

const [how, path] = process.argv.slice(2)
const found = how === 'count' ? await count() : await play()
console.log(JSON.stringify({ ...found, rssBytes: process.resourceUsage().maxRSS * 1024 }))

async function count() {
  const { totals } = await countEvents(path)
  return totals
}

async function play() {
  const playback = await EtlPlayback.open(path)
  let delivered = 0
  for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) delivered += batch.length
  return { ...playback.file.totals(), delivered }
}
