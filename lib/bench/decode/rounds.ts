/** One of the processes of the decode suite: rounds of all works of a program, then what each allocates. */
import { bytesAllocated } from '../allocation.js'
import { nanoseconds } from '../micro.js'
import { PROGRAMS } from './compared.js'
import type { Sent, Task } from './processes.js'

// Nobody waits for it any more.
process.on('disconnect', () => process.exit(1))

const { program, isWeighing, rounds, milliseconds } = JSON.parse(process.argv[2]!) as Task
const { works, longer } = PROGRAMS[program]!
const groups = works()
const times = await nanoseconds(groups, { rounds, milliseconds: milliseconds * longer })
const sent: Sent = groups.flat().map((work) => ({
  name: work.name,
  nanoseconds: times.get(work.name)!,
  bytes: isWeighing ? [bytesAllocated(work)] : [],
}))
process.send!(sent, () => process.exit())
