/**
 * kernelwire/testing: events, machines and a sensor to test with, without privilege, kernel or addon.
 *
 * For the tests of whoever uses kernelwire: see docs/testing.md.
 */
export { buildEvent, type EventBody, type EventRouting } from './event.js'
export { FakeSensor } from './fake-sensor.js'
export { type MachineOptions, ScriptedMachine } from './scripted-machine.js'
export { type ProcessFacts, ScriptedProcess } from './scripted-process.js'
