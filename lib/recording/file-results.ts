/** What was found out about a file, as an entry of a recording. */
import type { FileResult, FileSignature } from '../identity/known-file.js'
import { isCount, isName, isObject, isText, isWord, parseJson } from './json.js'

const DIGESTS = { hash: 64, sha1: 40, md5: 32 } as const
const HEX = /^[0-9a-f]*$/
const TEXTS = ['fileVersion', 'originalFileName'] as const
const TIMES = ['creationMs', 'modificationMs', 'accessMs'] as const

/** Undefined for what makes no sense. */
export function parseFileResult(json: string): FileResult | undefined {
  const value = parseJson(json)
  if (!isObject(value) || !isCount(value.id) || !isWord(value.error)) return undefined
  if (!Object.entries(DIGESTS).every(([name, digits]) => isDigest(value[name], digits))) return undefined
  if (!TEXTS.every((name) => value[name] === undefined || isName(value[name]))) return undefined
  // A file system may give a file any time and any size that 64 bits hold.
  if (!TIMES.every((name) => value[name] === undefined || Number.isInteger(value[name]))) return undefined
  const { sizeBytes, attributes, signature, isOfImage } = value
  if (isOfImage !== undefined && typeof isOfImage !== 'boolean') return undefined
  if (sizeBytes !== undefined && !(Number.isInteger(sizeBytes) && (sizeBytes as number) >= 0)) return undefined
  if (attributes !== undefined && !isWord(attributes)) return undefined
  if (signature !== undefined && !isSignature(signature)) return undefined
  return value as unknown as FileResult
}

/** Of so many digits, as far as it was told. */
function isDigest(value: unknown, digits: number): boolean {
  return value === undefined || (isText(value) && value.length === digits && HEX.test(value))
}

function isSignature(value: unknown): value is FileSignature {
  if (!isObject(value)) return false
  const { isSigned, isVerified, chainStatus, issuer, subject } = value
  return (
    typeof isSigned === 'boolean' &&
    typeof isVerified === 'boolean' &&
    (chainStatus === undefined || isWord(chainStatus)) &&
    [issuer, subject].every((name) => name === undefined || isName(name))
  )
}
