/** EXISTING_PROCESS: a process that the sensor did not see start. */
import type { Static } from 'typebox'
import { ofEvent, ofProcess, rawBytes } from './extensions.js'
import { integer, MS_SINCE_EPOCH, sometimes } from './field.js'
import { creationTime, image, nestedProcess } from './process.js'
import { record } from './record.js'
import { truncated } from './truncated.js'

export const existingProcess = record(
  'EXISTING_PROCESS',
  {
    version: 1,
    description:
      'A process that was there before the sensor, once for each; after a loss, a process whose start was among what was lost; and when a sensor is told to look for more (sensor.update), a process that comes into view.',
    platforms: ['linux', 'windows'],
  },
  {
    ...image,
    CREATION_TIME: sometimes(
      'when it could not be read; where the sensor saw the start, TIMESTAMP is when',
      creationTime,
    ),
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'When the sensor found it, or saw it start: equal to routing.event_time'),
    PARENT: sometimes('when it has no parent, or none that is known', nestedProcess('Its parent, one level deep')),
    TRUNCATED: truncated,
    ...ofProcess,
    ...ofEvent,
    RAW_BYTES: rawBytes,
  },
)

export type ExistingProcess = Static<typeof existingProcess>
