/** What a record says of the file, against what stat says of it. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FILE, HEADER, IMAGE, TYPE } from '../../lib/decode/linux/layout.js'
import { LinuxSource } from '../../lib/linux/source.js'
import { FRAME_BYTES } from '../../lib/records.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

test('an exec record and a row of the snapshot have the inode, size and times that stat has', async () => {
  const source = await LinuxSource.open(new Set(), {
    ringBytes: 1 << 20,
    asks: 0,
  }).catch((error) => cannotRun(String(error)))
  try {
    const file = join(temporaryFolder(), 'program')
    copyFileSync('/bin/true', file)
    const { pid } = spawnSync(file)

    const execs = Array.from({ length: source.scan() }, (_, i) => source.offsets[i]!)
    const at = execs.find(
      (offset) => source.records.u8[offset] === TYPE.EXEC && source.records.u32[(offset + HEADER.pid) >> 2] === pid,
    )!
    expect(identityAt(source.records.u8, at + IMAGE.file)).toEqual(identityOf(file))

    const { records, bytes } = await source.takeSnapshot()
    let row = FRAME_BYTES
    const isMine = () => records.u8[row] === TYPE.SNAPSHOT && records.u32[(row + HEADER.pid) >> 2] === process.pid
    while (row < bytes && !isMine()) row += ((records.length(row) + 7) & ~7) + FRAME_BYTES
    expect(identityAt(records.u8, row + IMAGE.file)).toEqual(identityOf(process.execPath))
  } finally {
    source.close()
  }
})

function identityAt(bytes: Buffer, at: number): object {
  return {
    inode: bytes.readBigUInt64LE(at + FILE.inode),
    size: bytes.readBigUInt64LE(at + FILE.size),
    mtimeNs: bytes.readBigUInt64LE(at + FILE.mtime_ns),
    ctimeNs: bytes.readBigUInt64LE(at + FILE.ctime_ns),
    device: deviceText(bytes.readUInt32LE(at + FILE.device)),
    magic: bytes.readUInt32LE(at + FILE.magic),
    mountNamespace: `mnt:[${bytes.readUInt32LE(at + FILE.mount_namespace)}]`,
  }
}

function identityOf(path: string): object {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
  return {
    inode: ino,
    size,
    mtimeNs,
    ctimeNs,
    device: deviceOf(path),
    magic: statfsSync(path).type,
    mountNamespace: readlinkSync('/proc/self/ns/mnt'),
  }
}

/** As the kernel numbers devices (include/linux/kdev_t.h). */
function deviceText(device: number): string {
  return `${device >>> 20}:${device & 0xfffff}`
}

/** The device that mountinfo(5) has: that of the latest mount under which the path is. */
function deviceOf(path: string): string {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, , device = '', , point = '']) => ({ device, point }))
    .filter(({ point }) => path.startsWith(point === '/' ? point : `${point}/`))
  const longest = Math.max(...mounts.map(({ point }) => point.length))
  return mounts.findLast(({ point }) => point.length === longest)!.device
}
