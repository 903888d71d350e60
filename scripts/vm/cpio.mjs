/**
 * Writes a cpio archive in the "newc" format, which the kernel unpacks as its first root file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst).
 */

const DIRECTORY = 0o040000
const REGULAR = 0o100000

/**
 * @param {{ path: string, mode?: number, data?: Buffer | string }[]} entries Relative paths, parents first. An entry without data is a directory.
 * @returns {Buffer}
 */
export function cpio(entries) {
  const parts = []
  entries.forEach((entry, index) => {
    const mode = entry.data === undefined ? DIRECTORY | (entry.mode ?? 0o755) : REGULAR | (entry.mode ?? 0o644)
    append(parts, index + 1, entry.path, mode, Buffer.from(entry.data ?? ''))
  })
  append(parts, 0, 'TRAILER!!!', 0, Buffer.alloc(0))
  return Buffer.concat(parts)
}

function append(parts, inode, path, mode, data) {
  const name = Buffer.from(`${path}\0`)
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0]
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  parts.push(padded(Buffer.concat([header, name])), padded(data))
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}
