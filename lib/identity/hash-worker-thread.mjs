// @ts-check
/**
 * A thread that reads files and hashes them, one chunk after the other, all digests in one pass.
 *
 * JavaScript, so that it is a file of the same name wherever the library is run from. It is given open
 * files and gives nothing else than numbers and text: whoever opened a file closes it.
 */
import { createHash } from 'node:crypto'
import { fstatSync, readlinkSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

const CHUNK_BYTES = 2 ** 20

const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)

/**
 * @param {{ fd: number, version: string, sizeBytes: number }} file
 * @returns {import('./digester.js').Digests | 'changed' | 'unreadable'}
 */
function digests({ fd, version, sizeBytes }) {
  const hashes = [createHash('sha256'), createHash('sha1'), createHash('md5')]
  try {
    let position = 0
    for (;;) {
      const bytes = readSync(fd, chunk, 0, CHUNK_BYTES, position)
      if (bytes === 0) break
      position += bytes
      // It grows while it is read: nobody knows where that ends.
      if (position > sizeBytes) return 'changed'
      const part = bytes === CHUNK_BYTES ? chunk : chunk.subarray(0, bytes)
      for (const hash of hashes) hash.update(part)
    }
    const { size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true })
    if (`${size} ${mtimeNs} ${ctimeNs}` !== version) return 'changed'
  } catch {
    return 'unreadable'
  }
  const [hash = '', sha1 = '', md5 = ''] = hashes.map((each) => each.digest('hex'))
  return { hash, sha1, md5 }
}

parentPort?.on('message', (file) => parentPort?.postMessage({ id: file.id, answer: digests(file) }))
// /proc/PID/task/TID: the number by which its priority is set.
parentPort?.postMessage({ threadId: Number(readlinkSync('/proc/thread-self').split('/').at(-1)) })
