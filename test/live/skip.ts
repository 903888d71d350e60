/** What this machine cannot do is said in the report; KERNELWIRE_REQUIRE=live makes it a failure. */
import { TestRunner } from 'vitest'

const isRequired = (process.env.KERNELWIRE_REQUIRE ?? '').split(',').includes('live')

/** Ends the running test. `reason`: half a sentence. */
export function cannotRun(reason: string): never {
  const test = TestRunner.getCurrentTest()
  if (isRequired || test === undefined) throw new Error(`this machine cannot run the test: ${reason}`)
  return test.context.skip(reason)
}
