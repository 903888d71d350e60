/**
 * The words in which an event's fields are defined.
 *
 * A definition is a TypeBox type, so it is the TypeScript type and the JSON Schema at once; what
 * else a reader must know about a field travels in keywords of its own: `x-unit`, `x-platforms`
 * (only where the field is narrower than its event), `x-absent` (when the field is not there) and
 * `x-extension` (this project's addition, delivered only with `extended`).
 */
import { type TOptional, type TSchema, type TUnsafe, Type } from 'typebox'

export type Platform = 'linux' | 'windows'

export const MS_SINCE_EPOCH = 'ms since 1970-01-01 UTC'

export function integer(unit: string, description: string) {
  return Type.Integer({ description, 'x-unit': unit, minimum: 0 })
}

/** The document has no booleans: a flag is 0 or 1. */
export function flag(description: string): TUnsafe<0 | 1> {
  return Type.Unsafe<0 | 1>(Type.Integer({ description, 'x-unit': '0 or 1', minimum: 0, maximum: 1 }))
}

export function text(unit: string, description: string, pattern?: string) {
  return Type.String({ description, 'x-unit': unit, ...(pattern === undefined ? {} : { pattern }) })
}

export function texts(unit: string, description: string): TUnsafe<readonly string[]> {
  return Type.Unsafe<readonly string[]>(Type.Array(Type.String(), { description, 'x-unit': unit }))
}

export function atom(description: string) {
  return text('atom: 32 lower-case hex digits', description, '^[0-9a-f]{32}$')
}

export function sha256(description: string) {
  return text('SHA-256: 64 lower-case hex digits', description, '^[0-9a-f]{64}$')
}

export function uuid(description: string) {
  return text('UUID', description, '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
}

/** A field that is not always there; `absent` completes the sentence "absent …". */
export function sometimes<T extends TSchema>(absent: string, type: T): TOptional<T> {
  return Type.Optional(Type.With(type, { 'x-absent': absent }) as unknown as T) as unknown as TOptional<T>
}

/** A field that only some platforms can know. */
export function only<T extends TSchema>(platform: Platform, type: T): T {
  return Type.With(type, { 'x-platforms': [platform] }) as unknown as T
}

/** A field that the document does not have. */
export function extension<T extends TSchema>(absent: string, type: T): TOptional<T> {
  return sometimes(absent, Type.With(type, { 'x-extension': true }) as unknown as T)
}
