/** BASE_ADDRESS where the program headers are not at the beginning of the file, against /proc/PID/maps. */
import { expect, test } from 'vitest'
import { last, only } from './expected.js'
import { withMovedHeaders } from './headers.js'
import { whileHeld } from './held.js'
import { kernelIsBefore } from './kernel.js'
import { baseAddress } from './proc.js'
import { type Link, program } from './programs.js'
import { Collected, eventsOf, named } from './sensor.js'

const NAMES = ['NEW_PROCESS', 'MODULE_LOAD'] as const

test.each<Link>(['pie', 'no-pie', 'static', 'static-pie'])(
  'a program that is linked as %s and has its headers at its end has the base address at which it is mapped',
  async (link) => {
    const file = withMovedHeaders(program('hold', link))
    const { child, seen, events } = await eventsOf(NAMES, () =>
      whileHeld(file, [], async (pid) => {
        const collected = await Collected.open({ events: ['EXISTING_PROCESS'] })
        await collected.close()
        return { base: baseAddress(pid), found: only(named(collected.events, 'EXISTING_PROCESS', pid)).event }
      }),
    )
    expect(last(named(events, 'NEW_PROCESS', child.pid)).event.BASE_ADDRESS).toBe(seen.base)
    expect(seen.found.BASE_ADDRESS).toBe(seen.base)
    const loads = named(events, 'MODULE_LOAD', child.pid).filter(({ event }) => event.FILE_PATH === file)
    // Before there is no MODULE_LOAD.
    expect(loads.map(({ event }) => event.BASE_ADDRESS)).toEqual(kernelIsBefore(5, 17) ? [] : [seen.base])
  },
)
