/** The body of MODULE_LOAD, in final key order. */
import type { ModuleLoad } from '../events/index.js'

export function buildModule(
  pid: number,
  path: string | undefined,
  size: number,
  base: number,
  time: number,
): ModuleLoad['event'] {
  if (path === undefined || size === 0 || base === 0) return buildPartly(pid, path, size, base, time)
  return {
    MEMORY_SIZE: size,
    PROCESS_ID: pid,
    FILE_PATH: path,
    MODULE_NAME: nameOf(path),
    TIMESTAMP: time,
    BASE_ADDRESS: base,
  }
}

function buildPartly(
  pid: number,
  path: string | undefined,
  size: number,
  base: number,
  time: number,
): ModuleLoad['event'] {
  return {
    ...(size === 0 ? {} : { MEMORY_SIZE: size }),
    PROCESS_ID: pid,
    ...(path === undefined ? {} : { FILE_PATH: path, MODULE_NAME: nameOf(path) }),
    TIMESTAMP: time,
    ...(base === 0 ? {} : { BASE_ADDRESS: base }),
  }
}

function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}
