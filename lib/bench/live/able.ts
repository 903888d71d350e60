/** Whether this machine lets the suites run that need its kernel. */
import { openSensor } from '../../index.js'
import { Unable } from '../suite.js'

/** Throws Unable with the sensor's own reason. */
export async function needKernel(): Promise<void> {
  try {
    await (await openSensor()).close()
  } catch (error) {
    throw new Unable((error as Error).message)
  }
}
