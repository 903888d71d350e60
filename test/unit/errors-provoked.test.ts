/** Codes that can be provoked without a kernel; those that need a machine are in test/live/errors.test.ts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Confines } from '../../lib/linux/confines.js'
import { refusalOfPrograms, refusalOfRing } from '../../lib/linux/refusal.js'
import { RawRecord } from '../../lib/raw-record.js'
import { openRecording } from '../../lib/recording.js'
import { buildEvent, FakeSensor } from '../../lib/testing/index.js'
import { exit, framed } from './record-bytes.js'
import { fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

async function recording(): Promise<Buffer> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(1_000)
  await sensor.close()
  return readFileSync(path)
}

async function opened(bytes: Buffer): Promise<unknown> {
  const path = join(temporaryFolder(), 'other.kwr')
  writeFileSync(path, bytes)
  return openRecording(path)
}

const coded = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test('a recording that is foreign, newer, of another byte order, cut short or damaged', async () => {
  const whole = await recording()
  const foreign = opened(Buffer.from('#!/bin/sh\necho this is no recording\n'))
  await expect(foreign).rejects.toMatchObject(coded('ERR_RECORDING_FOREIGN', /is no recording/))
  const newer = Buffer.from(whole)
  newer.writeUInt32LE(whole.readUInt32LE(12) + 1, 12)
  await expect(opened(newer)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /newer kernelwire; update/))
  const older = Buffer.from(whole)
  older.writeUInt32LE(3, 12)
  older.writeUInt32LE(crc32(older.subarray(0, 60)), 60)
  await expect(opened(older)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /records lie otherwise; replay/))
  const swapped = Buffer.from(whole)
  swapped.subarray(8, 12).swap32()
  await expect(opened(swapped)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /another byte order/))
  await expect(opened(whole.subarray(0, 20))).rejects.toMatchObject(coded('ERR_RECORDING_DAMAGED', /breaks off/))
  const damaged = Buffer.from(whole)
  damaged[20]! ^= 1
  await expect(opened(damaged)).rejects.toMatchObject(coded('ERR_RECORDING_DAMAGED', /is damaged; copy/))
  await expect(opened(whole.subarray(0, 80))).rejects.toMatchObject(
    coded('ERR_RECORDING_DAMAGED', /missing or damaged/),
  )
})

test('a file that cannot be read, cannot be written, or is there already', async () => {
  await expect(openRecording('/no/such/file.kwr')).rejects.toMatchObject(coded('ERR_FILE_READ', /ENOENT/))
  const unwritable = RecordedSensor.open(fileRecorder('/proc/no/run.kwr'))
  await expect(unwritable).rejects.toMatchObject(
    coded('ERR_FILE_WRITE', /cannot write .*[\\/]proc[\\/]no[\\/]run\.kwr/),
  )
  const path = join(temporaryFolder(), 'there.kwr')
  writeFileSync(path, 'mine')
  await expect(RecordedSensor.open(fileRecorder(path))).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
  expect(readFileSync(path, 'utf8')).toBe('mine')
})

test('a raw record that was kept', () => {
  const { records, offsets } = framed([exit(INIT)])
  const record = new RawRecord(records, offsets[0]!)
  expect(record.u32(16)).toBe(INIT.pid)
  record.expire()
  expect(() => record.u32(16)).toThrow(expect.objectContaining(coded('ERR_RECORD_GONE', /copy what you need/)))
})

test('a fake sensor that was closed', async () => {
  const sensor = new FakeSensor()
  await sensor.close()
  const deliver = () => sensor.deliver(buildEvent('NEW_PROCESS', {}))
  expect(deliver).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

/** A process that has all it takes. */
const FREE: Confines = {
  release: '6.1.0',
  missingCapabilities: [],
  isInUserNamespace: false,
  hasSeccompFilter: false,
  openFiles: 1_024,
  lockedBytes: 65_536,
  hasSysfs: true,
  hasBtf: true,
}
const [EPERM, ENOENT, ENOMEM, EACCES, EINVAL, ENFILE, EMFILE, ENOSYS] = [1, 2, 12, 13, 22, 23, 24, 38]

test.each<[string, number, Partial<Confines>, string, RegExp]>([
  ['a kernel without rings', EINVAL, {}, 'ERR_KERNEL', /^Linux 6\.1\.0 has no BPF ring buffer; .* 5\.8 or newer$/],
  ['a kernel without bpf(2)', ENOSYS, {}, 'ERR_KERNEL', /has no bpf\(2\); use one .*CONFIG_BPF_SYSCALL$/],
  ['no memory', ENOMEM, {}, 'ERR_SOURCE', /; a smaller ring may do$/],
  ['locked memory, before 5.11', EPERM, { release: '5.10.0-32-amd64' }, 'ERR_SOURCE', /65536 bytes; .*ulimit -l/],
  [
    'a missing capability, before 5.11',
    EPERM,
    { release: '5.10.0', missingCapabilities: ['CAP_BPF'] },
    'ERR_PRIVILEGE',
    /needs CAP_BPF/,
  ],
  [
    'a missing capability',
    EPERM,
    { missingCapabilities: ['CAP_BPF'] },
    'ERR_PRIVILEGE',
    /needs CAP_BPF.*; run it as root/,
  ],
  [
    'root of a user namespace',
    EPERM,
    { isInUserNamespace: true },
    'ERR_PRIVILEGE',
    /user namespace of its own.*; run it as root of the machine/,
  ],
  [
    'a seccomp filter that denies',
    EPERM,
    { hasSeccompFilter: true },
    'ERR_PRIVILEGE',
    /seccomp filter.*; run it without/,
  ],
  [
    'a seccomp filter that pretends',
    ENOSYS,
    { hasSeccompFilter: true },
    'ERR_PRIVILEGE',
    /seccomp filter.*; run it without/,
  ],
  ['a security module', EACCES, {}, 'ERR_PRIVILEGE', /a security module .*; let that allow it$/],
  [
    'too many files of the process',
    EMFILE,
    {},
    'ERR_SOURCE',
    /^this process may open no more files than 1024; .*ulimit -n/,
  ],
  ['too many files of the machine', ENFILE, {}, 'ERR_SOURCE', /^this machine may open no more files; .*fs\.file-max/],
  ['no /sys', ENOENT, { hasSysfs: false, hasBtf: false }, 'ERR_NO_BTF', /^sysfs is not mounted on \/sys.*; mount it/],
])('a ring that cannot be made says why, and what to do: %s', async (_, errno, confines, code, message) => {
  const failure = { step: 'the ring', reason: 'words', errno }
  const refusal = await refusalOfRing(failure, { ...FREE, ...confines })
  expect(refusal).toMatchObject(coded(code, message))
  expect(refusal.details).toBe(`the ring: words (errno ${errno})`)
})

test.each<[string, number, Partial<Confines>, string | undefined, string, RegExp]>([
  ['the kernel', EPERM, {}, 'integrity', 'ERR_NOTHING_ATTACHED', /refuses every program .* \(words\)/],
  ['lockdown', EPERM, {}, 'confidentiality', 'ERR_NOTHING_ATTACHED', /boot it with lockdown=integrity, or without$/],
  [
    'a missing capability',
    EPERM,
    { missingCapabilities: ['CAP_PERFMON'] },
    'none',
    'ERR_PRIVILEGE',
    /needs CAP_PERFMON/,
  ],
  [
    'root of a user namespace',
    EPERM,
    { isInUserNamespace: true },
    'none',
    'ERR_PRIVILEGE',
    /user namespace of its own/,
  ],
  ['too many files', EMFILE, {}, 'none', 'ERR_SOURCE', /no more files than 1024/],
  ['no types', ENOENT, { hasBtf: false }, 'none', 'ERR_NO_BTF', /does not describe its types/],
  ['no /sys', ENOENT, { hasBtf: false, hasSysfs: false }, undefined, 'ERR_NO_BTF', /sysfs is not mounted on \/sys/],
])('programs that are refused say why, and what to do: %s', async (_, errno, confines, lockdown, code, message) => {
  const program = { name: 'process_fork', attached: false, hook: '', errno, reason: 'words', log: 'a log' }
  const refusal = await refusalOfPrograms([program], lockdown, { ...FREE, ...confines })
  expect(refusal).toMatchObject(coded(code, message))
  expect(refusal.details).toBe('process_fork: words\na log')
})

test('a test provokes every code of docs/errors.md', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const codes = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| (ERR_\w+)/gm)].map(
    ([, code]) => code,
  )
  const folders = ['test/unit', 'test/native', 'test/live']
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
  const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(file, 'utf8'))
  expect(codes.filter((code) => !tests.some((text) => text.includes(`'${code}'`)))).toEqual([])
})
