/** MODULE_LOAD of a module of the kernel. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { programsFor } from './coverage.js'
import { numberAfter } from './held.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = ['NEW_PROCESS', 'MODULE_LOAD'] as const
/** Drives a network device that there is not, and needs no other module. */
const NAME = 'dummy'
const BUILT = `/lib/modules/${release()}/kernel/drivers/net/${NAME}.ko`

/** Decompressed. */
function moduleFile(): string {
  if (existsSync(`/sys/module/${NAME}`)) cannotRun(`the module ${NAME} is loaded already`)
  if (existsSync(BUILT)) return BUILT
  if (!existsSync(`${BUILT}.xz`)) cannotRun(`there is no ${BUILT}`)
  const file = join(temporaryFolder(), `${NAME}.ko`)
  writeFileSync(file, execFileSync('xz', ['-dc', `${BUILT}.xz`], { maxBuffer: 2 ** 26 }))
  return file
}

test('a module of the kernel has its name, its size and who had it loaded, and no address', async () => {
  if (!existsSync('/proc/modules')) {
    // This kernel can load none (CONFIG_MODULES), and has no such hook.
    expect(await programsFor(EVENTS)).not.toContain('kernel_module')
    return
  }
  const file = moduleFile()
  const { events, child } = await eventsOf(EVENTS, async () => {
    const inserter = spawn(program('insert-module'), [file, NAME], { stdio: 'pipe' })
    return { child: { pid: inserter.pid!, ...(await ended(inserter)) } }
  })
  expect(numberAfter(child.output, 'errno')).toBe(0)
  const [start] = named(events, 'NEW_PROCESS', child.pid)
  const [load, ...others] = named(events, 'MODULE_LOAD', child.pid).filter(({ event }) => event.MODULE_NAME === NAME)
  expect(others).toEqual([])
  expect(load!.event).toEqual({
    MEMORY_SIZE: expect.any(Number),
    PROCESS_ID: child.pid,
    MODULE_NAME: NAME,
    TIMESTAMP: load!.routing.event_time,
  })
  expect(load!.event.MEMORY_SIZE).toBeGreaterThan(4_096)
  expect(load!.event.MEMORY_SIZE! % 4_096).toBe(0)
  expect(load!.event.MEMORY_SIZE).toBeLessThan(64 * readFileSync(file).length)
  expect(load!.routing.parent).toBe(start!.routing.this)
})
