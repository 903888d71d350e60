/** Prints the events of the recording that is named, and on stderr the kernel that it runs on. */
import { once } from 'node:events'
import { release } from 'node:os'
import { openRecording } from '../../dist/index.js'
import { lineEncoder } from '../../dist/output/encoder.js'

const encode = lineEncoder()
console.error(release())
for await (const batch of await openRecording(process.argv[2])) {
  if (!process.stdout.write(batch.map(encode).join(''))) await once(process.stdout, 'drain')
}
