/**
 * The part of `routing` that is the same on every event: which sensor, on which machine.
 */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Routing } from './events/index.js'
import { given, listOf, refusal, shown } from './given.js'
import { type Machine, thisMachine } from './machine.js'

export interface EnvelopeOptions {
  /** UUID of the organisation. Default: the nil UUID. */
  oid?: string | undefined
  /** UUID of the installation. Default: the nil UUID. */
  iid?: string | undefined
  /** UUID of the sensor. Default: derived from the machine id by a hash, the same at every start. */
  sid?: string | undefined
  /** UUID of the device. Default: "". */
  did?: string | undefined
  /** Default: what the operating system says. */
  hostname?: string | undefined
  /** The address that others see. Default: "". */
  ext_ip?: string | undefined
  /** Default: the first address that is not internal. */
  int_ip?: string | undefined
  /** Default: []. */
  tags?: readonly string[] | undefined
}

export type Envelope = Readonly<
  Pick<
    Routing,
    'oid' | 'iid' | 'sid' | 'did' | 'hostname' | 'ext_ip' | 'int_ip' | 'plat' | 'arch' | 'moduleid' | 'tags'
  >
>

const NIL_UUID = '00000000-0000-0000-0000-000000000000'
const MODULE_ID = 2

const PLATFORM_NUMBERS: Record<string, number> = { win32: 0x10000000, linux: 0x20000000, darwin: 0x30000000 }
const ARCHITECTURE_NUMBERS: Record<string, number> = { ia32: 1, x64: 2, arm: 3, arm64: 4 }
const X64_WITH_MUSL = 5

/** `options`: as validateEnvelope() returned them. */
export async function resolveEnvelope(
  options: EnvelopeOptions = {},
  machine: Machine = thisMachine,
): Promise<Envelope> {
  return Object.freeze({
    oid: options.oid ?? NIL_UUID,
    iid: options.iid ?? NIL_UUID,
    sid: options.sid ?? sensorId(await machine.id()),
    did: options.did ?? '',
    hostname: options.hostname ?? machine.hostname(),
    ext_ip: options.ext_ip ?? '',
    int_ip: options.int_ip ?? machine.addresses()[0] ?? '',
    plat: PLATFORM_NUMBERS[machine.platform] ?? 0,
    arch: await architecture(machine),
    moduleid: MODULE_ID,
    tags: Object.freeze([...(options.tags ?? [])]),
  })
}

/** The context string keeps this id apart from what any other program derives from the machine id. */
const SENSOR_CONTEXT = 'kernelwire sensor id 1\0'

/** A UUID of version 8 (RFC 9562: its maker's own derivation) that does not give the machine id away. */
export function sensorId(machineId: string): string {
  const bytes = createHash('sha256').update(SENSOR_CONTEXT).update(machineId).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

async function architecture(machine: Machine): Promise<number> {
  if (machine.arch === 'x64' && machine.platform === 'linux' && (await machine.hasMusl())) return X64_WITH_MUSL
  return ARCHITECTURE_NUMBERS[machine.arch] ?? 0
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const RULES: Record<keyof EnvelopeOptions, { holds(value: unknown): boolean; demand: string }> = {
  oid: { holds: isUuid, demand: 'a UUID' },
  iid: { holds: isUuid, demand: 'a UUID' },
  sid: { holds: isUuid, demand: 'a UUID' },
  did: { holds: (value) => value === '' || isUuid(value), demand: 'a UUID or ""' },
  hostname: { holds: (value) => typeof value === 'string' && value !== '', demand: 'a host name' },
  ext_ip: { holds: isAddress, demand: 'an IP address or ""' },
  int_ip: { holds: isAddress, demand: 'an IP address or ""' },
  tags: { holds: (value) => listOf(value, isString) !== undefined, demand: 'an array of strings and of nothing else' },
}

const NAMES = Object.keys(RULES) as (keyof EnvelopeOptions)[]

/** Whether the envelope of an event could have this: a machine may be without a name. */
export function isEnvelopeValue(name: keyof EnvelopeOptions, value: unknown): boolean {
  return (name === 'hostname' && value === '') || RULES[name].holds(value)
}

/** A copy. */
export function validateEnvelope(options: unknown = {}): EnvelopeOptions {
  const read = given(options, NAMES, { what: '"envelope"', example: '{ tags: ["lab"] }' })
  const valid: Record<string, unknown> = {}
  for (const name of NAMES) {
    const value = read[name]
    if (value === undefined) continue
    const { holds, demand } = RULES[name]
    if (!holds(value)) throw refusal(`"envelope.${name}" must be ${demand}, not ${shown(value)}`)
    if (name === 'tags') valid.tags = listOf(value, isString)
    else valid[name] = name.endsWith('id') ? (value as string).toLowerCase() : value
  }
  return valid
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value.toLowerCase())
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || isIP(value) !== 0)
}
