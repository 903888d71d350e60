/** Compiled, never run: each `@ts-expect-error` is an error of its own when the line below it compiles. */
import {
  type DefaultEvent,
  type Delivered,
  type EVENT_NAMES,
  type EventName,
  type EventOf,
  type EventRecord,
  isEvent,
  type Routing,
} from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_T extends true>(): void => undefined

holds<Same<EventName, (typeof EVENT_NAMES)[number]>>()
holds<Same<DefaultEvent, 'NEW_PROCESS' | 'EXISTING_PROCESS' | 'TERMINATE_PROCESS' | 'CODE_IDENTITY'>>()
holds<Same<EventOf<'MODULE_LOAD'>['routing']['event_type'], 'MODULE_LOAD'>>()
holds<Same<EventOf<'NEW_PROCESS'>['event']['PROCESS_ID'], number>>()
holds<Same<EventOf<'PROCESS_ENVIRONMENT'>['event']['ENVIRONMENT_VARIABLES'], readonly string[]>>()
holds<Same<Routing<'NEW_PROCESS'>['event_type'], 'NEW_PROCESS'>>()
holds<Same<NonNullable<EventOf<'EXISTING_PROCESS'>['event']['PARENT']>['THIS_ATOM'], string>>()

export function narrows(record: EventRecord): string | undefined {
  // @ts-expect-error: not every event has it
  record.event.MODULE_NAME
  if (isEvent(record, 'MODULE_LOAD')) {
    // @ts-expect-error: that of another event
    record.event.COMMAND_LINE
    return record.event.MODULE_NAME
  }
  // What is left is every other event.
  holds<Same<Extract<typeof record, EventOf<'MODULE_LOAD'>>, never>>()
  if (isEvent(record, 'THREAD_INJECTION')) {
    const [first] = record.event.EVENTS
    if (first !== undefined && isEvent(first, 'NEW_REMOTE_THREAD')) return String(first.event.THREAD_ID)
  }
  // @ts-expect-error: there is no such event
  isEvent(record, 'NEW_PROCES')
  return undefined
}

export function narrowsAStream(batch: Delivered<'NEW_PROCESS' | 'TERMINATE_PROCESS'>[]): void {
  for (const record of batch) {
    // @ts-expect-error: never asked for, so it never comes
    isEvent(record, 'MODULE_LOAD')
    if (isEvent(record, 'NEW_PROCESS')) {
      const path: string | undefined = record.event.FILE_PATH
      // @ts-expect-error: can be absent
      const sure: string = record.event.FILE_PATH
      void [path, sure]
    } else if (isEvent(record, 'LOSS_ACCOUNTING')) {
      const reason:
        | 'RING_FULL'
        | 'BULK_SHARE'
        | 'MISSED_RUN'
        | 'MEMORY'
        | 'NOT_RECORDED'
        | 'SESSION_FULL'
        | 'SESSION_STOPPED'
        | 'QUEUE_FULL'
        | 'CLOSED'
        | 'LOOKUP_FULL'
        | 'DAMAGED' = record.event.REASON
      void reason
    } else {
      holds<Same<typeof record, EventOf<'TERMINATE_PROCESS'>>>()
    }
  }
}

export const options: SensorOptions<'NEW_PROCESS'> = {
  events: ['NEW_PROCESS'],
  onBatch: (batch) => holds<Same<(typeof batch)[number], EventOf<'NEW_PROCESS' | 'LOSS_ACCOUNTING'>>>(),
}

// @ts-expect-error: tags are shared between events, hence read-only
export const push = (record: EventRecord) => record.routing.tags.push('mine')
