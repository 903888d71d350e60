/** The two processes of an event that one of them did to the other. */
import { integer, sometimes } from './field.js'
import { nestedProcess } from './process.js'

export const parties = {
  PARENT_PROCESS_ID: integer('process id', 'The process that acted (not the parent of the other one)'),
  PROCESS_ID: integer('process id', 'The process that it acted upon'),
  SOURCE: sometimes('when it was never announced', nestedProcess('The process that acted')),
  TARGET: sometimes('when it was never announced', nestedProcess('The process that it acted upon')),
}
