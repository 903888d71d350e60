/** Both threads that hash: the addon's, and the one of JavaScript for programs without OpenSSL. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Digester, type HashAnswer, newDigester, OPEN_MAX } from '../../lib/identity/digester.js'
import { HashThread } from '../../lib/identity/hash-thread.js'
import { HashWorker } from '../../lib/identity/hash-worker.js'

type OnAnswer = (id: number, answer: HashAnswer) => void

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-digester-'))
const MEBIBYTE = 2 ** 20

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("Node has an OpenSSL for the addon's thread", async () => {
  const digester = newDigester(() => {})
  expect(digester).toBeInstanceOf(HashThread)
  await digester.close()
})

test('what was not in the page cache is not there afterwards', async ({ skip }) => {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  if (major * 100 + minor < 614) skip(`Linux ${release()} cannot read past its page cache; 6.14 can`)
  const path = join(folder, 'uncached')
  writeFileSync(path, Buffer.alloc(8 * MEBIBYTE, 'kernelwire'))
  const expected = byCoreutils(path)
  execFileSync('sync', [path])
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'])
  if (cachedBytes(path) > 0) skip('this file system keeps what it is asked to let go of')

  const fd = openSync(path, 'r')
  const answer = await new Promise((resolve) => {
    const digester = HashThread.start((_, answer) => resolve(digester!.close().then(() => answer)))
    digester!.hash({ id: 1, fd, ...versionOf(path) })
  })
  closeSync(fd)
  expect(answer).toEqual(expected)
  expect(cachedBytes(path)).toBe(0)
})

const KINDS: [string, (onAnswer: OnAnswer) => Digester][] = [
  ["the addon's thread", (onAnswer) => HashThread.start(onAnswer)!],
  ['the thread of JavaScript', (onAnswer) => new HashWorker(onAnswer)],
]

describe.each(KINDS)('%s', (_, start) => {
  const answers = new Map<number, HashAnswer>()
  let onAnswer: OnAnswer
  let digester: Digester
  const open: number[] = []

  beforeEach(() => {
    answers.clear()
    onAnswer = (id, answer) => void answers.set(id, answer)
    digester = start((id, answer) => onAnswer(id, answer))
  })
  afterEach(async () => {
    await digester.close()
    for (const fd of open.splice(0)) closeSync(fd)
  })

  function fdOf(path: string): number {
    open.push(openSync(path, 'r'))
    return open.at(-1)!
  }

  async function answered(count: number): Promise<void> {
    await expect.poll(() => answers.size, { timeout: 30_000 }).toBe(count)
  }

  test.each([0, 1, 63, 64, 128 * 1024, 128 * 1024 + 1, 3 * MEBIBYTE + 7])('%i bytes', async (bytes) => {
    const path = join(folder, `${bytes}`)
    writeFileSync(path, Buffer.alloc(bytes, 'kernelwire'))
    digester.hash({ id: 7, fd: fdOf(path), ...versionOf(path) })
    await answered(1)
    expect(answers.get(7)).toEqual(byCoreutils(path))
  })

  test('as many at once as may be open', async () => {
    const path = join(folder, 'many')
    writeFileSync(path, 'many')
    const file = versionOf(path)
    for (let id = 0; id < OPEN_MAX; id++) digester.hash({ id, fd: fdOf(path), ...file })
    await answered(OPEN_MAX)
    for (const answer of answers.values()) expect(answer).toEqual(byCoreutils(path))
  })

  test('a file that has become another', async () => {
    const path = join(folder, 'changed')
    writeFileSync(path, 'before')
    const before = versionOf(path)
    const fd = fdOf(path)
    writeFileSync(path, 'behind')
    digester.hash({ id: 1, fd, ...before })
    appendFileSync(path, 'it')
    digester.hash({ id: 2, fd, ...before })
    truncateSync(path, 1)
    digester.hash({ id: 3, fd, ...before })
    await answered(3)
    expect([...answers.values()]).toEqual(['changed', 'changed', 'changed'])
  })

  test('what cannot be read', async () => {
    digester.hash({ id: 1, fd: fdOf(folder), sizeBytes: 1, version: '' })
    await answered(1)
    expect(answers.get(1)).toBe('unreadable')
  })

  test('closed in the middle of a file, it says nothing more', async () => {
    const path = join(folder, 'large')
    writeFileSync(path, '')
    truncateSync(path, 2 ** 36)
    digester.hash({ id: 1, fd: fdOf(path), ...versionOf(path) })
    await new Promise((resolve) => setTimeout(resolve, 200))
    onAnswer = () => expect.unreachable()
    await digester.close()
  })
})

/** By coreutils, in the way of native/linux/file_version.h. */
function versionOf(path: string): { sizeBytes: number; version: string } {
  const stat = execFileSync('stat', ['-c', '%s %.9Y %.9Z', path], { encoding: 'utf8' }).trim()
  const version = stat.replaceAll('.', '')
  return { sizeBytes: Number(version.split(' ')[0]), version }
}

function byCoreutils(path: string) {
  const sum = (tool: string) => execFileSync(tool, [path], { encoding: 'utf8' }).split(' ')[0]
  return { hash: sum('sha256sum'), sha1: sum('sha1sum'), md5: sum('md5sum') }
}

function cachedBytes(path: string): number {
  return Number(execFileSync('fincore', ['-b', '-n', '-o', 'RES', path], { encoding: 'utf8' }))
}
