/** EVENTS: the whole records that a correlation was drawn from. */
import { type TUnsafe, Type } from 'typebox'

/** Refers to each record by its `$id`; whoever prints the schema adds those definitions. */
export function evidence<Records>(description: string, ids: readonly string[]): TUnsafe<readonly Records[]> {
  return Type.Unsafe<readonly Records[]>(
    Type.Array(Type.Union(ids.map((id) => Type.Ref(id))), { description, 'x-unit': 'records { routing, event }' }),
  )
}
