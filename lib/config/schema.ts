/** The JSON Schema of a configuration file, for editors: the same keys as the options (lib/options.ts). */
import { INJECTION_WINDOW_MS_DEFAULT } from '../correlate/injection.js'
import { INJECTION_WINDOW_MS_MAX, RULE_PATH } from '../correlate/options.js'
import { EVENT_NAMES } from '../events/index.js'
import {
  FORK_WINDOW_MS_DEFAULT,
  FORK_WINDOW_MS_MAX,
  HASH_LIMIT_BYTES_DEFAULT,
  HASH_LIMIT_BYTES_MAX,
  HASH_RATE_DEFAULT,
  HASH_RATE_MAX,
  HASH_RATE_MIN,
  RING_BYTES_DEFAULT,
  RING_BYTES_MAX,
  RING_BYTES_MIN,
} from '../options.js'
import type { CONFIG_KEYS } from './file.js'

const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'

const uuid = (description: string) => ({ type: 'string', pattern: UUID, description })
const address = (description: string) => ({ type: 'string', description })
const flag = (description: string, preset: boolean) => ({ type: 'boolean', default: preset, description })
const list = (items: object, description: string) => ({ type: 'array', minItems: 1, items, description })

const PATH = { type: 'string', pattern: '^/' }
const USER = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', minLength: 1 },
  ],
}

const RULES = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: { path: { type: 'string', pattern: RULE_PATH.source }, user: USER },
  },
}

function bounded(minimum: number, maximum: number, preset: number, description: string) {
  return { type: 'integer', minimum, maximum, default: preset, description }
}

const PROPERTIES = {
  events: list({ enum: EVENT_NAMES }, 'The events to deliver; LOSS_ACCOUNTING is delivered whether named or not.'),
  ringBytes: bounded(
    RING_BYTES_MIN,
    RING_BYTES_MAX,
    RING_BYTES_DEFAULT,
    'What may wait for a slow consumer, in bytes; rounded up to a power of two.',
  ),
  extended: flag('Adds the fields that go beyond the documented ones.', false),
  allAccess: flag(
    'REMOTE_PROCESS_HANDLE also for access that neither reads nor writes memory nor creates threads; on Linux pidfd_open and pidfd_getfd.',
    false,
  ),
  forkWindowMs: bounded(
    0,
    FORK_WINDOW_MS_MAX,
    FORK_WINDOW_MS_DEFAULT,
    'An exec so many milliseconds after its fork makes one NEW_PROCESS with it.',
  ),
  hashLimitBytes: bounded(
    0,
    HASH_LIMIT_BYTES_MAX,
    HASH_LIMIT_BYTES_DEFAULT,
    'Larger files are not hashed: their CODE_IDENTITY has ERROR 223.',
  ),
  hashBytesPerSecond: bounded(
    HASH_RATE_MIN,
    HASH_RATE_MAX,
    HASH_RATE_DEFAULT,
    "Bytes that are hashed each second for each user, after a burst of 32 seconds' worth.",
  ),
  hashRemote: flag(
    'Hashes files of networks and of FUSE too, whose servers may not answer, and may say something else to each reader; otherwise their CODE_IDENTITY has ERROR 65.',
    false,
  ),
  envelope: {
    type: 'object',
    additionalProperties: false,
    description: 'What `routing` says about the sensor.',
    properties: {
      oid: uuid('The organisation.'),
      iid: uuid('The installation.'),
      sid: uuid('The sensor.'),
      did: { anyOf: [{ const: '' }, uuid('')], description: 'The device.' },
      hostname: { type: 'string', minLength: 1, description: 'Default: what the operating system says.' },
      ext_ip: address('The address that others see.'),
      int_ip: address('Default: the first address that is not internal.'),
      tags: { type: 'array', items: { type: 'string' }, description: 'The tags of the sensor.' },
    },
  },
  filter: {
    type: 'object',
    additionalProperties: false,
    description: 'Of each kind that is given one entry must fit, and no exclusion may.',
    properties: {
      paths: list(PATH, 'Programs: a path, or a folder with a slash at its end.'),
      excludePaths: list(PATH, 'Programs not to deliver, in the initial mount namespace.'),
      excludeEverywhere: flag('Applies excludePaths in every mount namespace.', false),
      users: list(USER, 'User ids or names.'),
      excludeUsers: list(USER, 'User ids or names not to deliver.'),
      cgroups: list(PATH, 'Paths of cgroups (version 2) and all below them.'),
      excludeCgroups: list(PATH, 'Paths of cgroups (version 2) not to deliver, and all below them.'),
      subtreeOf: { type: 'integer', minimum: 1, description: 'A process, and all that descend from it.' },
      self: flag('Whether to deliver what the sensor itself does.', true),
    },
  },
  correlation: {
    type: 'object',
    additionalProperties: false,
    description: 'What SENSITIVE_PROCESS_ACCESS and THREAD_INJECTION are about.',
    properties: {
      sensitive: { ...RULES, description: 'The sensitive processes. Default: those that keep or check secrets.' },
      ignore: { ...RULES, description: 'Whose access to them is not told. Paths hold in the initial mount namespace.' },
      ignoreEverywhere: flag('Applies the paths of ignore in every mount namespace.', false),
      injectionWindowMs: bounded(
        0,
        INJECTION_WINDOW_MS_MAX,
        INJECTION_WINDOW_MS_DEFAULT,
        'A thread so long after an access still makes it a THREAD_INJECTION.',
      ),
    },
  },
} satisfies Record<(typeof CONFIG_KEYS)[number], object>

export const CONFIG_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:kernelwire:config:1',
  title: 'kernelwire configuration',
  description:
    'For kernelwire watch --config FILE. Options of the command line and KERNELWIRE_* variables win over it.',
  type: 'object',
  additionalProperties: false,
  properties: { $schema: { type: 'string' }, ...PROPERTIES },
}
