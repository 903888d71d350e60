/**
 * Paths that are none in the mount namespace of their process, or not whole: none of them begins with
 * a slash, so that nothing takes them for one that is.
 *
 *   mnt:[4026532501]/usr/bin/a   holds in that mount namespace, as /proc/PID/ns/mnt numbers it
 *   (detached)/usr/bin/a         holds in none: the mount it is on was taken out, or never put in
 *   .../bin/a                    its beginning is cut off; also behind the other two
 */

/** enum path_place (native/record.h): where the kernel's way from a name up to a root ended. */
export const PLACE = { UNKNOWN: 0, OWN: 1, ELSEWHERE: 2, DETACHED: 3, NO_DIRECTORY: 4, UNENDED: 5 } as const

const DETACHED = '(detached)'
const CUT = '...'
/** The least that is above what was walked: a slash and a letter. */
const UNWALKED_BYTES = 2

/** A file of this kind is in no directory, and has always been named like this. */
const IN_MEMORY = '/memfd:'

/** The text of a path, of which `wholeBytes` is the length and `hereBytes` what there is of it. */
export function placedPath(
  text: string,
  place: number,
  mountNamespace: number,
  wholeBytes: number,
  hereBytes: number,
): string {
  const isCut = wholeBytes > hereBytes || place === PLACE.UNENDED
  return whereabouts(text, place, mountNamespace, isCut) + (isCut ? CUT : '') + text
}

/** For TRUNCATED: the length of the whole path, or as much as is known of it; undefined where it is whole. */
export function cutPath(place: number, wholeBytes: number, hereBytes: number): number | undefined {
  if (place === PLACE.UNENDED) return wholeBytes + UNWALKED_BYTES
  return wholeBytes > hereBytes ? wholeBytes : undefined
}

/** The number of the mount namespace in which this path is what its process would call the file; 0 where it is none. */
export function ownNamespace(place: number, mountNamespace: number): number {
  return place === PLACE.OWN ? mountNamespace : 0
}

function whereabouts(text: string, place: number, mountNamespace: number, isCut: boolean): string {
  switch (place) {
    case PLACE.ELSEWHERE:
      return `mnt:[${mountNamespace}]`
    case PLACE.DETACHED:
      return DETACHED
    case PLACE.NO_DIRECTORY:
      return text.startsWith(IN_MEMORY) && !isCut ? '' : DETACHED
    default:
      return ''
  }
}

export interface PathParts {
  /** In which it holds; undefined: in that of its process, unless it is detached. */
  mountNamespace: number | undefined
  isDetached: boolean
  isCut: boolean
  /** What is there of the path itself. */
  rest: string
}

const PARTS = /^(?:mnt:\[(\d+)\]|(\(detached\)))?(\.\.\.)?(?=\/|$)(.*)$/s

/** Undefined for a whole path of its process, and for one of Windows. */
export function partsOfPath(path: string): PathParts | undefined {
  if (path.startsWith('/')) return undefined
  const parts = PARTS.exec(path)
  if (parts === null) return undefined
  const [, namespace, detached, cut, rest] = parts
  return {
    mountNamespace: namespace === undefined ? undefined : Number(namespace),
    isDetached: detached !== undefined,
    isCut: cut !== undefined,
    rest: rest!,
  }
}

/** Of a path that is not whole or not of its own process: what the host would call it, as far as it is known. */
export function hostPath(path: string, hostNamespace: number | undefined): PathParts | undefined {
  const parts = partsOfPath(path)
  if (parts === undefined || parts.isDetached) return undefined
  const isElsewhere = parts.mountNamespace !== undefined && parts.mountNamespace !== hostNamespace
  return isElsewhere ? undefined : parts
}
