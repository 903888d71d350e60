import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const scripts = new URL('../../scripts/vm/', import.meta.url).href
const { parseResult } = await import(`${scripts}boot.mjs`)
const { commandScript } = await import(`${scripts}initrd.mjs`)
const { modulesInLoadOrder } = await import(`${scripts}modules.mjs`)
const { xzPayload } = await import(`${scripts}vmlinuz.mjs`)

test('the command gets its arguments, directory and environment as they were given, and no more', () => {
  const words = ['', ' a  b', "it's", '$HOME `id` "\\', 'line\nbreak', '-n']
  const show = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.cwd(), process.env]))'
  const command = [process.execPath, '-e', show, '--', ...words]
  const script = commandScript(command, '/usr', { KERNELWIRE_TEXT: "a 'b'\n$c" })

  const [args, directory, env] = JSON.parse(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }))

  expect(args).toEqual(words)
  expect(directory).toBe('/usr')
  expect(env).toEqual({ KERNELWIRE_TEXT: "a 'b'\n$c" })
})

test('a result counts only when all of it arrived', () => {
  expect(parseResult(Buffer.from('7 4\n{ }\n'))).toEqual({ status: 7, report: Buffer.from('{ }\n') })
  expect(parseResult(Buffer.from('0 0\n'))).toEqual({ status: 0, report: Buffer.alloc(0) })
  expect(parseResult(Buffer.from('7 4\n{ }'))).toBeUndefined()
  expect(parseResult(Buffer.from('7 4'))).toBeUndefined()
  expect(parseResult(Buffer.alloc(0))).toBeUndefined()
})

test('modules come after those they need, once each, and built-in ones not at all', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'kernelwire-modules-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(path.join(directory, 'kernel/net'), { recursive: true })
  const module = (name: string, needs: string) => {
    writeFileSync(
      path.join(directory, 'kernel/net', `${name}.ko`),
      `\x7fELF\0license=GPL\0depends=${needs}\0name=${name}\0`,
    )
  }
  module('9p', '9pnet,netfs')
  module('9pnet', '')
  module('netfs', '')
  module('9pnet-virtio', '9pnet,virtio')

  const files: string[] = modulesInLoadOrder(directory, ['9pnet_virtio', '9p', 'overlay'])

  expect(files.map((file) => path.basename(file))).toEqual(['9pnet.ko', '9pnet-virtio.ko', 'netfs.ko', '9p.ko'])
})

test('an xz-compressed kernel is found in its image, another is left alone', () => {
  const image = Buffer.alloc(4096)
  image.writeUInt8(1, 0x1f1)
  image.writeUInt32LE(16, 0x248)
  image.writeUInt32LE(14, 0x24c)
  const start = 2 * 512 + 16
  image.set(Buffer.from('fd377a585a00', 'hex'), start)

  expect(xzPayload(image)).toEqual(image.subarray(start, start + 10))
  image.writeUInt8(0x1f, start)
  expect(xzPayload(image)).toBeUndefined()
})
