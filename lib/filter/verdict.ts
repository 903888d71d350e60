/** What a filter says of an image. */
import type { ProcessImage } from '../process/image.js'

export const VERDICT = {
  /** Its events are delivered: the verdict on all where there is no filter. */
  WANTED: 0,
  /** It is not what was asked for. */
  OTHER: 1,
  /** It is what was asked not to be delivered. */
  EXCLUDED: 2,
} as const

export type Verdict = (typeof VERDICT)[keyof typeof VERDICT]

/** Of an event about two processes: what acts must not be excluded, and one of them must be wanted. */
export function concerns(
  source: ProcessImage | undefined,
  target: ProcessImage | undefined,
  unknown: Verdict,
): boolean {
  const acting = source?.verdict ?? unknown
  return acting !== VERDICT.EXCLUDED && (acting === VERDICT.WANTED || target?.verdict === VERDICT.WANTED)
}
