/**
 * What a consumer of other sensors' JSON lines does, a process of its own: it reads and parses each.
 * `parser bpftrace` or `parser ecs`; at the end of its input it sends what it received.
 */
import { add, newTally } from './tally.js'

const tally = newTally()
const read = process.argv[2] === 'ecs' ? readEcs : readBpftrace
let rest = ''

process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()!
  for (const line of lines) if (line !== '') read(line)
})
process.stdin.on('end', () => {
  process.send!(tally, () => process.disconnect())
})

function readBpftrace(line: string): void {
  const { type, data } = JSON.parse(line)
  if (type === 'lost_events') tally.lost += data.events
  if (type !== 'printf') return
  const [kind, pid, parent] = data.split(' ')
  add(tally.byPid, kind, Number(pid))
  if (kind === 'fork') add(tally.byParent, kind, Number(parent))
}

function readEcs(line: string): void {
  const parent = JSON.parse(line).process?.parent?.pid
  if (parent !== undefined) add(tally.byParent, 'process', parent)
}
