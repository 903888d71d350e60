/**
 * What every event is wrapped in: `{ routing, event }`, with an identifier and a version.
 */
import { type TProperties, Type } from 'typebox'
import type { Platform } from './field.js'
import { routing, targetedRouting } from './routing.js'

export interface EventFacts {
  description: string
  /** Raised whenever a consumer of the shape could notice a difference. */
  version: number
  /** Where the document says that the event exists. */
  platforms: readonly Platform[]
  /** Where the event exists, in the same shape, by this project's own reading. */
  extensionOn?: readonly Platform[]
}

export function schemaId(name: string, version: number): string {
  return `urn:kernelwire:event:${name}:${version}`
}

export function record<N extends string, Body extends TProperties>(name: N, facts: EventFacts, body: Body) {
  return identified(name, facts, { routing: routing(name), event: bodyOf(body) })
}

/** An event of one process upon another: its routing names the second one as `target`. */
export function targetedRecord<N extends string, Body extends TProperties>(name: N, facts: EventFacts, body: Body) {
  return identified(name, facts, { routing: targetedRouting(name), event: bodyOf(body) })
}

function bodyOf<Body extends TProperties>(body: Body) {
  return Type.Object(body, { additionalProperties: false })
}

function identified<P extends TProperties>(name: string, facts: EventFacts, properties: P) {
  const $id = schemaId(name, facts.version)
  const type = Type.Object(properties, {
    $id,
    title: name,
    description: facts.description,
    'x-version': facts.version,
    'x-platforms': facts.platforms,
    ...(facts.extensionOn === undefined ? {} : { 'x-extension-on': facts.extensionOn }),
    additionalProperties: false,
  })
  return type as typeof type & { $id: string; description: string }
}
