/** The program that finds and hashes files, asked as a sensor does, without a sensor. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { FILE } from '../../lib/decode/linux/layout.js'
import { Hasher, type HasherOptions } from '../../lib/identity/hasher.js'
import { FILE_ERROR, type FileResult, KnownFile } from '../../lib/identity/known-file.js'

const MEBIBYTE = 2 ** 20
const OPTIONS: HasherOptions = { limitBytes: 2 ** 40, bytesPerSecond: 2 ** 40, allowsRemote: false }
const FUSE = 0x65735546

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-hasher-'))
const results = new Map<number, FileResult>()
let hasher: Hasher

/** In the order of their results. */
const order: number[] = []

async function started(options: Partial<HasherOptions> = {}): Promise<void> {
  hasher = new Hasher({ ...OPTIONS, ...options }, () => {
    for (const result of hasher.takeResults()) {
      results.set(result.id, result)
      order.push(result.id)
    }
  })
  await hasher.start()
}

beforeEach(() => {
  results.clear()
  order.length = 0
})
afterEach(() => hasher.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function answered(count: number): Promise<void> {
  await expect.poll(() => results.size, { timeout: 30_000 }).toBe(count)
}

/** As a record has it. */
function identityOf(path: string, parts: { magic?: number; isDoubtful?: boolean } = {}): KnownFile {
  const { ino, size, mtimeNs, ctimeNs, dev } = statSync(path, { bigint: true })
  const bytes = Buffer.alloc(FILE.mount_namespace)
  bytes.writeBigUInt64LE(ino, FILE.inode)
  bytes.writeBigUInt64LE(size, FILE.size)
  bytes.writeBigUInt64LE(mtimeNs, FILE.mtime_ns)
  bytes.writeBigUInt64LE(ctimeNs, FILE.ctime_ns)
  bytes.writeUInt32LE(generationOf(path), FILE.generation)
  // include/linux/kdev_t.h, and what glibc makes of it.
  const number = Number(dev)
  const major = (number >>> 8) & 0xfff
  const minor = (number & 0xff) | ((number >>> 12) & 0xfff00)
  bytes.writeUInt32LE(((major << 20) | minor) >>> 0, FILE.device)
  bytes.writeUInt32LE(parts.magic ?? statfsSync(path).type >>> 0, FILE.magic)
  return new KnownFile([...new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)], 0, parts.isDoubtful)
}

function generationOf(path: string): number {
  const { status, stdout } = spawnSync('lsattr', ['-v', path], { encoding: 'utf8' })
  return status === 0 ? Number.parseInt(stdout, 10) >>> 0 : 0
}

interface Running {
  pid: number
  startNs: number
}

/** A program that runs, and goes with the test. */
async function running(path: string): Promise<Running> {
  const child = spawn(path, ['100'])
  onTestFinished(() => void child.kill())
  await once(child, 'spawn')
  // proc(5): of a hundred each second.
  return { pid: child.pid!, startNs: Number(statOf(child.pid!)[19]) * 1e7 }
}

let ids = 0

/** A sight of the file, mapped by no process that is known. */
function add(path: string, parts: { uid?: number; file?: KnownFile; runner?: Running } = {}): number {
  const { uid = 0, file = identityOf(path), runner } = parts
  const id = ++ids
  hasher.add({
    id,
    sight: {
      file,
      path,
      pathBytes: undefined,
      rawPath: undefined,
      time: 0,
      atom: '',
      memoryBytes: 0,
      pid: runner?.pid ?? 0,
      startLow: (runner?.startNs ?? 0) >>> 0,
      startHigh: Math.floor((runner?.startNs ?? 0) / 2 ** 32),
      execId: 0,
      isExecuted: runner !== undefined,
      uid,
    },
  })
  return id
}

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function sparse(name: string, bytes: number): string {
  const path = fileOf(name, '')
  truncateSync(path, bytes)
  return path
}

function byCoreutils(path: string) {
  const sum = (tool: string) => execFileSync(tool, [path], { encoding: 'utf8' }).split(' ')[0]
  return { error: 0, hash: sum('sha256sum'), sha1: sum('sha1sum'), md5: sum('md5sum') }
}

test.each([0, 1, 63, 64, 128 * 1024, 128 * 1024 + 1, 5 * MEBIBYTE + 7])('%i bytes', async (bytes) => {
  await started()
  const path = fileOf(`${bytes}`, Buffer.alloc(bytes, 'kernelwire'))
  const id = add(path)
  await answered(1)
  const { size, mtimeMs } = statSync(path)
  expect(results.get(id)).toMatchObject({
    ...byCoreutils(path),
    sizeBytes: size,
    modificationMs: Math.floor(mtimeMs),
  })
})

test('a thousand files, more than may be asked for at once', async () => {
  await started()
  const path = fileOf('many', 'many')
  const file = identityOf(path)
  for (let i = 0; i < 1_000; i++) add(path, { file })
  await answered(1_000)
  for (const result of results.values()) expect(result).toMatchObject(byCoreutils(path))
})

test.each([
  ['written to', (path: string) => appendFileSync(path, 'more'), FILE_ERROR.CHANGED],
  ['written to and as long as before', (path: string) => writeFileSync(path, 'behind'), FILE_ERROR.CHANGED],
  ['gone', unlinkSync, FILE_ERROR.NOT_FOUND],
])('a file that was %s since the record has an ERROR and no hash', async (_, act, error) => {
  await started()
  const path = fileOf('changing', 'before')
  const file = identityOf(path)
  act(path)
  const id = add(path, { file })
  await answered(1)
  expect(results.get(id)).toEqual({ id, error })
})

test('a file that is larger than may be has an ERROR and its size', async () => {
  await started({ limitBytes: 10 })
  const id = add(fileOf('larger', 'eleven byte'))
  await answered(1)
  expect(results.get(id)).toMatchObject({ error: FILE_ERROR.TOO_LARGE, sizeBytes: 11 })
  expect(results.get(id)).not.toHaveProperty('hash')
})

test('a file of FUSE is not touched unless that is asked for', async () => {
  const path = fileOf('remote', 'remote')
  await started()
  const id = add(path, { file: identityOf(path, { magic: FUSE }) })
  await answered(1)
  expect(results.get(id)).toEqual({ id, error: FILE_ERROR.REMOTE })
  await hasher.close()

  await started({ allowsRemote: true })
  const again = add(path, { file: identityOf(path, { magic: FUSE }) })
  await answered(2)
  expect(results.get(again)).toMatchObject(byCoreutils(path))
})

test('a file that may have changed since, and whose times would not tell, has no hash but while its program runs', async () => {
  await started()
  const path = join(folder, 'doubtful')
  copyFileSync('/bin/sleep', path)
  const file = identityOf(path, { isDoubtful: true })
  const mapped = add(path, { file })
  const executed = add(path, { file, runner: await running(path) })
  const ended = add(path, { file, runner: { pid: 1, startNs: 1 } })
  await expect.poll(() => results.size + Number(hasher.hasResults), { timeout: 30_000 }).toBe(3)
  expect(results.get(mapped)).toEqual({ id: mapped, error: FILE_ERROR.CHANGED })
  expect(results.get(ended)).toEqual({ id: ended, error: FILE_ERROR.CHANGED })
  // Until all is read that the kernel has said.
  expect(results.has(executed)).toBe(false)
  hasher.drained()
  expect(hasher.takeResults()).toMatchObject([{ id: executed, ...byCoreutils(path), isOfImage: true }])
})

test('in memory, where a mapping can be written to unseen, a file that others can write to has no hash', async ({
  skip,
}) => {
  if (statfsSync('/dev/shm').type !== 0x01021994) skip('/dev/shm is no tmpfs')
  await started()
  const path = `/dev/shm/kernelwire-hasher-${process.pid}`
  onTestFinished(() => rmSync(path, { force: true }))
  writeFileSync(path, 'content', { mode: 0o755 })
  const ofRoot = add(path)
  await answered(1)
  expect(results.get(ofRoot)).toMatchObject(byCoreutils(path))
  chownSync(path, 65_534, 65_534)
  const ofOther = add(path)
  await answered(2)
  expect(results.get(ofOther)).toEqual({ id: ofOther, error: FILE_ERROR.CHANGED })
})

test('a small file of one user does not wait for the large ones of another', async () => {
  await started()
  const large = Array.from({ length: 8 }, (_, i) => sparse(`large-${i}`, 256 * MEBIBYTE))
  const ofOne = large.map((path) => add(path, { uid: 1_000 }))
  await answered(1)
  const ofOther = add(fileOf('small', 'small'), { uid: 1_001 })
  await expect.poll(() => results.has(ofOther), { timeout: 30_000 }).toBe(true)
  expect(order.indexOf(ofOther)).toBeLessThan(ofOne.length - 1)
})

test('of one user the smallest file is read first', async () => {
  await started()
  const first = add(sparse('first', 64 * MEBIBYTE))
  const sizes = [96, 80, 48].map((size) => [size, sparse(`${size}`, size * MEBIBYTE)] as const)
  const others = sizes.map(([, path]) => add(path))
  await answered(4)
  expect(order.filter((id) => id !== first)).toEqual(others.toReversed())
})

test('who has used up the budget waits, and nobody else', async () => {
  // A burst of 32 MiB: the second file goes over it, and the third has to wait for that.
  await started({ bytesPerSecond: MEBIBYTE })
  add(sparse('within', 20 * MEBIBYTE), { uid: 1_000 })
  add(sparse('over', 30 * MEBIBYTE), { uid: 1_000 })
  await answered(1)
  const waiting = add(sparse('waiting', 40 * MEBIBYTE), { uid: 1_000 })
  const other = add(fileOf('other', 'other'), { uid: 1_001 })
  await expect.poll(() => results.has(other), { timeout: 30_000 }).toBe(true)
  expect(results.has(waiting)).toBe(false)
})

test('what was not in the page cache is not there afterwards', async ({ skip }) => {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  if (major * 100 + minor < 614) skip(`Linux ${release()} cannot read past its page cache; 6.14 can`)
  const path = fileOf('uncached', Buffer.alloc(8 * MEBIBYTE, 'kernelwire'))
  const expected = byCoreutils(path)
  execFileSync('sync', [path])
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'])
  if (cachedBytes(path) > 0) skip('this file system keeps what it is asked to let go of')
  await started()
  const id = add(path)
  await answered(1)
  expect(results.get(id)).toMatchObject(expected)
  expect(cachedBytes(path)).toBe(0)
})

function cachedBytes(path: string): number {
  return Number(execFileSync('fincore', ['-b', '-n', '-o', 'RES', path], { encoding: 'utf8' }))
}

test('closed in the middle of a file, it says nothing more, and no process of it is left', async () => {
  await started()
  add(sparse('endless', 2 ** 36))
  await expect.poll(processes, { timeout: 10_000 }).toHaveLength(1)
  const [pid] = processes()
  await expect.poll(() => filesOf(pid!), { timeout: 10_000 }).toContain(join(folder, 'endless'))
  await hasher.close()
  expect(processes()).toEqual([])
  expect(results.size).toBe(0)
})

test('its end is an ERROR for what was under way, and another one does the rest', async () => {
  await started()
  const id = add(sparse('killed', 2 ** 36))
  const [pid] = processes()
  await expect.poll(() => filesOf(pid!), { timeout: 10_000 }).toContain(join(folder, 'killed'))
  process.kill(pid!, 'SIGKILL')
  await answered(1)
  expect(results.get(id)).toEqual({ id, error: FILE_ERROR.NO_RESOURCES })
  const path = fileOf('after', 'after')
  const after = add(path)
  await answered(2)
  expect(results.get(after)).toMatchObject(byCoreutils(path))
})

test('it keeps no folder in use, is in no process group of ours and has nothing of ours open', async () => {
  const mine = join(folder, 'working')
  mkdirSync(mine)
  await started()
  const [pid] = processes()
  await expect.poll(() => readlinkSync(`/proc/${pid}/cwd`), { timeout: 10_000 }).toBe('/')
  await expect.poll(() => statOf(pid!)[3], { timeout: 10_000 }).toBe(String(pid))
  expect(filesOf(pid!).filter((file) => !/^(socket:|\/dev\/null)/.test(file))).toEqual([])
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
})

/** Children of ours that hash. */
function processes(): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => statOf(pid)[1] === String(process.pid) && nameOf(pid) === 'kernelwire-hash')
}

function nameOf(pid: number): string {
  return textOf(`/proc/${pid}/comm`).trim()
}

/** From the state on: proc(5), so that [1] is the parent and [3] the session. */
function statOf(pid: number): string[] {
  return textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ')
}

/** '' for what is gone by now. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function filesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
}
