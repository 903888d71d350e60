/** Configuration: a file, variables and options, and which of them wins. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { SENSOR, SENSOR_TEXT, sensorOptions } from '../../lib/cli/sensor-options.js'
import { CONFIG_KEYS, parseConfig } from '../../lib/config/file.js'
import { CONFIG_SCHEMA } from '../../lib/config/schema.js'
import { temporaryFolder } from '../live/temporary.js'

const schema = Compile(CONFIG_SCHEMA)

const UUID = '5e9f6a52-1f2b-8c3d-9e4f-0123456789ab'

const WHOLE = {
  $schema: './config.schema.json',
  events: ['NEW_PROCESS'],
  ringBytes: 65_536,
  extended: true,
  allAccess: true,
  forkWindowMs: 0,
  hashLimitBytes: 0,
  hashBytesPerSecond: 1_048_576,
  hashRemote: true,
  envelope: { oid: UUID, did: '', hostname: 'h', ext_ip: '', int_ip: '192.0.2.1', tags: [] },
  filter: {
    paths: ['/bin/'],
    excludePaths: ['/bin/a'],
    excludeEverywhere: true,
    users: [0, 'ada'],
    excludeUsers: ['root'],
    cgroups: ['/a'],
    excludeCgroups: ['/a/b'],
    subtreeOf: 1,
    self: false,
  },
  correlation: { sensitive: [{ path: '*/vault', user: 0 }], ignore: [], injectionWindowMs: 0 },
}

test('a file has the keys of the options, each with the same name', () => {
  const { $schema: _, ...options } = WHOLE
  expect(parseConfig('f.json', JSON.stringify(WHOLE))).toEqual(options)
  expect(Object.keys(options).sort()).toEqual([...CONFIG_KEYS].sort())
})

test.each<[object | string, string | RegExp]>([
  ['{', /^f\.json is no JSON; /],
  [[], 'f.json: a configuration is one object such as { "extended": true }'],
  [{ evnts: [] }, 'f.json: no option is called "evnts"; did you mean events?'],
  [{ onBatch: 1 }, /no option is called "onBatch"/],
  [{ toString: 1 }, /no option is called "toString"/],
  [{ filter: { path: [] } }, 'f.json: no option of "filter" is called "path"; did you mean paths?'],
  [{ envelope: { tag: [] } }, /no option of "envelope" is called "tag"; did you mean tags\?$/],
  [{ events: ['NEW_PROCES'] }, 'f.json: no event is called "NEW_PROCES"; did you mean NEW_PROCESS?'],
  [{ ringBytes: '16MiB' }, /^f\.json: "ringBytes" must be a whole number/],
])('%j is refused, with the name of the file', (config, message) => {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  expect(() => parseConfig('f.json', text)).toThrow(
    expect.objectContaining({ message: message instanceof RegExp ? expect.stringMatching(message) : message }),
  )
})

test('a file that is not there is refused', async () => {
  await expect(sensorOptions({ config: '/no/such/file' }, {})).rejects.toMatchObject({
    code: 'ERR_FILE_READ',
    message: expect.stringMatching(/^cannot read the configuration \/no\/such\/file; ENOENT/),
  })
})

/** Each with the same key wrong in another way, or not there. */
const VARIATIONS: object[] = [
  {},
  WHOLE,
  ...CONFIG_KEYS.flatMap((key) => [[], -1, 1.5, '', null, true, {}].map((wrong) => ({ [key]: wrong }))),
  ...Object.keys(WHOLE.filter).flatMap((key) =>
    [[], ['x'], ['/x'], [-1], 0, 1, '', true, null].map((wrong) => ({ filter: { [key]: wrong } })),
  ),
  ...Object.keys(WHOLE.envelope).flatMap((key) =>
    ['', UUID, 'x', 7, ['x'], null].map((wrong) => ({ envelope: { [key]: wrong } })),
  ),
  ...Object.keys(WHOLE.correlation).flatMap((key) =>
    [
      [],
      ['x'],
      [{}],
      [{ path: 'x' }],
      [{ path: '*/x' }],
      [{ path: 1 }],
      [{ user: -1 }],
      [{ user: '' }],
      [{ x: 1 }],
      -1,
      1.5,
      7,
      null,
    ].map((wrong) => ({ correlation: { [key]: wrong } })),
  ),
  { correlation: { unknown: 1 } },
  { unknown: 1 },
  { filter: { unknown: 1 } },
  { ringBytes: 65_535 },
  { ringBytes: 2 ** 31 },
]

test('the schema accepts what is accepted, and refuses what is refused', () => {
  for (const config of VARIATIONS) {
    // A JSON Schema cannot tell addresses from other words in a way that every validator checks.
    if (/"(ext|int)_ip":"[x5]/.test(JSON.stringify(config))) continue
    let isAccepted = true
    try {
      parseConfig('f.json', JSON.stringify(config))
    } catch {
      isAccepted = false
    }
    expect([config, schema.Check(config)]).toEqual([config, isAccepted])
  }
})

test('docs/config.schema.json is that schema (else: npm run docs)', () => {
  const text = readFileSync(new URL('../../docs/config.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(CONFIG_SCHEMA)))
})

function fileWith(config: object): string {
  const path = join(temporaryFolder(), 'sensor.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}

const FILE = { events: ['TERMINATE_PROCESS'], ringBytes: 65_536, forkWindowMs: 7, extended: true } as const

test('options win over variables, and these over the file', async () => {
  const config = fileWith(FILE)
  const variables = { KERNELWIRE_CONFIG: config, KERNELWIRE_RING_SIZE: '128KiB', KERNELWIRE_EXTENDED: '0' }
  expect(await sensorOptions({}, { KERNELWIRE_CONFIG: config })).toEqual(FILE)
  expect(await sensorOptions({}, variables)).toEqual({ ...FILE, ringBytes: 131_072, extended: false })
  expect(await sensorOptions({ 'ring-size': '256KiB', extended: true }, variables)).toEqual({
    ...FILE,
    ringBytes: 262_144,
  })
  expect(await sensorOptions({ config: fileWith({}) }, variables)).toMatchObject({ ringBytes: 131_072 })
})

test('of a filter, each kind of word for itself', async () => {
  const config = fileWith({ filter: { paths: ['/a'], users: [1], self: false } })
  const variables = { KERNELWIRE_ONLY: 'user:2,path:/b', KERNELWIRE_EXCLUDE: 'path:/x' }
  expect(await sensorOptions({ config, only: ['path:/c'] }, variables)).toEqual({
    filter: { paths: ['/c'], users: ['2'], excludePaths: ['/x'], self: false },
  })
})

test('every option but these has a variable, and --help names it', () => {
  for (const name of Object.keys(SENSOR)) {
    expect(SENSOR_TEXT).toContain(`KERNELWIRE_${name.toUpperCase().replaceAll('-', '_')}`)
  }
})

test.each([
  [{ KERNELWIRE_EVENTS: 'NEW' }, /^no event is called "NEW"/],
  [{ KERNELWIRE_EVENTS: ',' }, /^KERNELWIRE_EVENTS must be event names/],
  [{ KERNELWIRE_RING_SIZE: '1' }, 'KERNELWIRE_RING_SIZE must be from 64KiB to 1GiB, not "1"'],
  [{ KERNELWIRE_HASH_LIMIT: 'x' }, /^KERNELWIRE_HASH_LIMIT must be a size/],
  [{ KERNELWIRE_ONLY: 'x' }, /^KERNELWIRE_ONLY does not understand "x"/],
  [{ KERNELWIRE_EXCLUDE: 'path:x' }, /^KERNELWIRE_EXCLUDE path: takes a path from the root/],
  [{ KERNELWIRE_EXTENDED: 'yes' }, 'KERNELWIRE_EXTENDED must be 0 or 1, not "yes"'],
])('%j is refused', async (environment, message) => {
  await expect(sensorOptions({}, environment)).rejects.toMatchObject({
    message: message instanceof RegExp ? expect.stringMatching(message) : message,
  })
})

test('a variable that is empty says nothing', async () => {
  expect(await sensorOptions({}, { KERNELWIRE_EVENTS: '', KERNELWIRE_EXTENDED: '' })).toEqual({})
})
