/**
 * One set-up at a time in one clone.
 *
 * The lock is a socket in Linux's abstract namespace: it belongs to a process and ends with it, however it ends, so
 * there is nothing stale to clean up. Elsewhere nothing is locked.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** @param {string} root @param {() => void} onWait called once if another process holds the lock */
export async function lock(root, onWait) {
  if (process.platform !== 'linux') return () => {}
  const name = `\0kernelwire-setup-${createHash('sha256').update(root).digest('hex').slice(0, 32)}`
  for (let tries = 0; ; tries++) {
    const server = await listen(name)
    if (server) return () => server.close()
    if (tries === 0) onWait()
    await sleep(200)
  }
}

function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(name, () => {
      server.unref()
      resolve(server)
    })
  })
}
