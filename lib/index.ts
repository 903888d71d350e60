/** kernelwire: kernel process telemetry, live, in documented shapes. */
export type { RecordName } from './accounts.js'
export type { Attachment, Coverage } from './coverage.js'
export type { EnvelopeOptions } from './envelope.js'
export { type ErrorCode, KernelwireError } from './errors.js'
export * from './events/index.js'
export type { SensorOptions } from './options.js'
export { openSensor, type Sensor } from './sensor.js'
export type { RecordStats, SensorStats } from './stats.js'
