import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EnvelopeOptions, resolveEnvelope, sensorId, validateEnvelope } from '../../lib/envelope.js'
import { type Machine, machineId, thisMachine } from '../../lib/machine.js'

const MACHINE_ID = '0123456789abcdef0123456789abcdef'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const machine: Machine = {
  id: async () => MACHINE_ID,
  hostname: () => 'host.example',
  addresses: () => ['192.0.2.7', '192.0.2.8'],
  platform: 'linux',
  arch: 'x64',
  hasMusl: async () => false,
}

test('without options, the envelope is filled from the machine', async () => {
  expect(await resolveEnvelope({}, machine)).toEqual({
    oid: '00000000-0000-0000-0000-000000000000',
    iid: '00000000-0000-0000-0000-000000000000',
    sid: sensorId(MACHINE_ID),
    did: '',
    hostname: 'host.example',
    ext_ip: '',
    int_ip: '192.0.2.7',
    plat: 536870912,
    arch: 2,
    moduleid: 2,
    tags: [],
  })
})

test('the sensor id is the same for ever: consumers know the machine by it', () => {
  expect(sensorId(MACHINE_ID)).toBe('2b1c4300-efb9-8044-881e-a7803ff6728a')
})

test('the sensor id is a UUID of version 8 that shows nothing of the machine id', () => {
  const sid = sensorId(MACHINE_ID)
  expect(sid).toMatch(UUID)
  expect(sid).toMatch(/^.{14}8.{4}[89ab]/)
  for (let at = 0; at + 6 <= MACHINE_ID.length; at++) {
    expect(sid.replaceAll('-', '')).not.toContain(MACHINE_ID.slice(at, at + 6))
  }
})

test('two machines have two sensor ids', () => {
  expect(sensorId(MACHINE_ID)).not.toBe(sensorId(MACHINE_ID.replace('0', '1')))
})

test.each([
  ['linux', 'x64', false, 0x20000000, 2],
  ['linux', 'x64', true, 0x20000000, 5],
  ['linux', 'arm64', true, 0x20000000, 4],
  ['linux', 'arm', false, 0x20000000, 3],
  ['linux', 'ia32', false, 0x20000000, 1],
  ['linux', 'riscv64', false, 0x20000000, 0],
  ['win32', 'x64', false, 0x10000000, 2],
])('%s on %s (musl: %s) is plat %i and arch %i', async (platform, arch, isMusl, plat, number) => {
  const envelope = await resolveEnvelope({}, { ...machine, platform, arch, hasMusl: async () => isMusl })
  expect(envelope).toMatchObject({ plat, arch: number })
})

test('a machine without network has the empty string as its address', async () => {
  expect(await resolveEnvelope({}, { ...machine, addresses: () => [] })).toMatchObject({ int_ip: '' })
})

test('what the user says wins, and UUIDs are written in lower case', async () => {
  const options = validateEnvelope({
    oid: 'BC76D608-9D83-4C6C-BDD5-F86BBD385A94',
    did: '3c5c33e6-daaf-4029-be0b-94f50b86777e',
    hostname: 'mine',
    ext_ip: '2001:db8::1',
    int_ip: '',
    tags: ['lab'],
  })
  expect(await resolveEnvelope(options, machine)).toMatchObject({
    oid: 'bc76d608-9d83-4c6c-bdd5-f86bbd385a94',
    did: '3c5c33e6-daaf-4029-be0b-94f50b86777e',
    hostname: 'mine',
    ext_ip: '2001:db8::1',
    int_ip: '',
    tags: ['lab'],
  })
})

test('the tags of an envelope change with nobody', async () => {
  const tags = ['lab']
  const envelope = await resolveEnvelope({ tags }, machine)
  tags.push('other')
  expect(envelope.tags).toEqual(['lab'])
  expect(Object.isFrozen(envelope.tags)).toBe(true)
})

test.each<[object, string]>([
  [{ oid: 'nonsense' }, '"envelope.oid" must be a UUID, not "nonsense"'],
  [{ sid: '' }, '"envelope.sid" must be a UUID, not ""'],
  [{ did: 'x' }, '"envelope.did" must be a UUID or "", not "x"'],
  [{ int_ip: '999.1.1.1' }, '"envelope.int_ip" must be an IP address or "", not "999.1.1.1"'],
  [{ hostname: '' }, '"envelope.hostname" must be a host name, not ""'],
  [{ tags: 'lab' }, '"envelope.tags" must be an array of strings and of nothing else, not "lab"'],
  [{ tags: [1] }, '"envelope.tags" must be an array of strings and of nothing else, not an array'],
])('%j is refused', (options, message) => {
  expect(() => validateEnvelope(options as EnvelopeOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION', message }),
  )
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kernelwire-machine-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the machine id is the first file that holds one', async () => {
  const uninitialized = join(folder, 'machine-id')
  const product = join(folder, 'product_uuid')
  await writeFile(uninitialized, 'uninitialized\n')
  await writeFile(product, 'BC76D608-9D83-4C6C-BDD5-F86BBD385A94\n')
  expect(await machineId(['/nonexistent', uninitialized, product])).toBe('bc76d6089d834c6cbdd5f86bbd385a94')
})

test('a machine without any such file still has the same id twice', async () => {
  expect(await machineId([])).toBe(await machineId([]))
  expect(await machineId([])).not.toBe('')
})

test('no internal and no link-local address is given for this machine', () => {
  const internal = Object.values(networkInterfaces()).flatMap((all = []) => all.filter((one) => one.internal))
  for (const { address } of internal) expect(thisMachine.addresses()).not.toContain(address)
  for (const address of thisMachine.addresses()) expect(address).not.toMatch(/^fe80:/)
})
