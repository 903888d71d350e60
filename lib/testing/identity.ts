/** Which machine the events of a test come from, and who numbers them. */
import { type Envelope, type EnvelopeOptions, sensorId, validateEnvelope } from '../envelope.js'
import { ImageAtoms } from '../process/atom.js'
import { EventIds } from '../process/event-ids.js'
import { seedOf } from '../process/mixer.js'

const LINUX = 0x20000000
const NIL_UUID = '00000000-0000-0000-0000-000000000000'
const X64 = 2
const MODULE_ID = 2

/** When the time of a test begins: 2023-11-14T22:13:20Z. */
export const BEGAN_MS = 1_700_000_000_000

export function testEnvelope(options: EnvelopeOptions = {}): Envelope {
  const envelope = validateEnvelope(options)
  return Object.freeze({
    oid: envelope.oid ?? NIL_UUID,
    iid: envelope.iid ?? NIL_UUID,
    sid: envelope.sid ?? sensorId('kernelwire testing'),
    did: envelope.did ?? '',
    hostname: envelope.hostname ?? 'test',
    ext_ip: envelope.ext_ip ?? '',
    int_ip: envelope.int_ip ?? '192.0.2.1',
    plat: LINUX,
    arch: X64,
    moduleid: MODULE_ID,
    tags: Object.freeze([...(envelope.tags ?? [])]),
  })
}

/** The same seed gives the same ids and atoms. */
export function testIds(seed: string): EventIds {
  return new EventIds(seedOf('kernelwire testing run', seed))
}

export function testAtoms(seed: string, bootToEpochMs: number): ImageAtoms {
  return new ImageAtoms(seedOf('kernelwire testing boot', seed), bootToEpochMs)
}
