/** What was found out about a file, as an entry of a recording. */
import type { FileResult, FileSignature } from '../identity/known-file.js'
import { isCount, isObject, isText, parseJson } from './json.js'

const TEXTS = ['hash', 'sha1', 'md5', 'fileVersion', 'originalFileName'] as const
const NUMBERS = ['sizeBytes', 'creationMs', 'modificationMs', 'accessMs'] as const

/** Undefined for what makes no sense. */
export function parseFileResult(json: string): FileResult | undefined {
  const value = parseJson(json)
  if (!isObject(value) || !isCount(value.id) || !isCount(value.error)) return undefined
  if (!TEXTS.every((name) => value[name] === undefined || isText(value[name]))) return undefined
  if (!NUMBERS.every((name) => value[name] === undefined || Number.isFinite(value[name]))) return undefined
  const { attributes, signature } = value
  if (attributes !== undefined && !isCount(attributes)) return undefined
  if (signature !== undefined && !isSignature(signature)) return undefined
  return value as unknown as FileResult
}

function isSignature(value: unknown): value is FileSignature {
  if (!isObject(value)) return false
  const { isSigned, isVerified, chainStatus, issuer, subject } = value
  return (
    typeof isSigned === 'boolean' &&
    typeof isVerified === 'boolean' &&
    (chainStatus === undefined || isCount(chainStatus)) &&
    [issuer, subject].every((name) => name === undefined || isText(name))
  )
}
