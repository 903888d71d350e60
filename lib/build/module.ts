/** The body of MODULE_LOAD, in final key order. */
import type { ModuleLoad } from '../events/index.js'
import type { ModuleExtras } from '../process/module.js'

type Body = ModuleLoad['event']
type Draft = { -readonly [Key in keyof Body]?: Body[Key] }

/** `size`, `base`: 0 where unknown. */
export function buildModule(
  pid: number,
  path: string | undefined,
  size: number,
  base: number,
  time: number,
  extras: ModuleExtras | undefined,
  hash = extras?.hash,
  isSigned?: boolean,
): Body {
  if (path === undefined || size === 0 || base === 0 || extras !== undefined || isSigned !== undefined) {
    return buildUnusual(pid, path, size, base, time, extras, hash, isSigned)
  }
  if (hash !== undefined) {
    return {
      MEMORY_SIZE: size,
      PROCESS_ID: pid,
      FILE_PATH: path,
      MODULE_NAME: nameOf(path),
      TIMESTAMP: time,
      BASE_ADDRESS: base,
      HASH: hash,
    }
  }
  return {
    MEMORY_SIZE: size,
    PROCESS_ID: pid,
    FILE_PATH: path,
    MODULE_NAME: nameOf(path),
    TIMESTAMP: time,
    BASE_ADDRESS: base,
  }
}

function buildUnusual(
  pid: number,
  path: string | undefined,
  size: number,
  base: number,
  time: number,
  extras: ModuleExtras | undefined,
  hash: string | undefined,
  isSigned: boolean | undefined,
): Body {
  const name = extras?.name ?? (path === undefined ? undefined : nameOf(path))
  const body: Draft = {}
  if (size !== 0) body.MEMORY_SIZE = size
  body.PROCESS_ID = pid
  if (path !== undefined) body.FILE_PATH = path
  if (name !== undefined) body.MODULE_NAME = name
  body.TIMESTAMP = time
  if (base !== 0) body.BASE_ADDRESS = base
  if (hash !== undefined) body.HASH = hash
  if (isSigned !== undefined) body.FILE_IS_SIGNED = isSigned ? 1 : 0
  if (extras?.truncated !== undefined) body.TRUNCATED = extras.truncated
  return body as Body
}

/** A backslash is part of a name where paths have slashes. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(path.startsWith('/') ? '/' : '\\') + 1)
}
