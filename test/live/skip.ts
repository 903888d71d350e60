/**
 * What cannot be tested here is said in the report. KERNELWIRE_REQUIRE=live makes it a failure, unless the machine
 * explains it: what its kernel or its processor does not do at all, no set-up can mend.
 */
import { TestRunner } from 'vitest'
import { EXPLAINED } from '../../scripts/test/results.mjs'

const isRequired = (process.env.KERNELWIRE_REQUIRE ?? '').split(',').includes('live')

/** Ends the running test. `reason`: half a sentence. */
export function cannotRun(reason: string): never {
  const test = TestRunner.getCurrentTest()
  if (isRequired || test === undefined) throw new Error(`this machine cannot run the test: ${reason}`)
  return test.context.skip(reason)
}

/**
 * Ends the running test, which is skipped also where live tests are required. `reason`: half a sentence about the
 * machine, found out without the sensor, whose own failure must not pass for it.
 */
export function machineCannot(reason: string): never {
  const test = TestRunner.getCurrentTest()
  if (test === undefined) throw new Error(`${EXPLAINED}${reason}`)
  return test.context.skip(`${EXPLAINED}${reason}`)
}
