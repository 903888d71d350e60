/**
 * The body that CODE_IDENTITY and ONGOING_IDENTITY share, in the order of the document.
 *
 * Of a file that could not be read, size and time of the last change are those of the record, where it
 * has them: it is the one that was executed.
 */
import type { CodeIdentity } from '../events/index.js'
import type { FileResult, FileSignature } from '../identity/known-file.js'
import type { Sight } from '../identity/sight.js'

type Body = CodeIdentity['event']
type Draft = { -readonly [Key in keyof Body]?: Body[Key] }

/** `result`: what was found out about the file. */
export function buildIdentity(sight: Sight, result: FileResult): Body {
  const { hash, sha1, md5, sizeBytes, creationMs, modificationMs, accessMs } = result
  const isUsual =
    hash !== undefined &&
    sha1 !== undefined &&
    md5 !== undefined &&
    sizeBytes !== undefined &&
    creationMs !== undefined &&
    modificationMs !== undefined &&
    accessMs !== undefined &&
    result.signature === undefined &&
    sight.pathBytes === undefined
  if (!isUsual) return buildUnusual(sight, result)
  return {
    MEMORY_SIZE: sight.memoryBytes,
    FILE_PATH: sight.path,
    TIMESTAMP: sight.time,
    HASH: hash,
    HASH_SHA1: sha1,
    HASH_MD5: md5,
    ERROR: result.error,
    FILE_SIZE: sizeBytes,
    CREATION_TIME: creationMs,
    MODIFICATION_TIME: modificationMs,
    ACCESS_TIME: accessMs,
  }
}

function buildUnusual(sight: Sight, result: FileResult): Body {
  const body: Draft = { MEMORY_SIZE: sight.memoryBytes, FILE_PATH: sight.path, TIMESTAMP: sight.time }
  if (result.signature !== undefined) body.SIGNATURE = buildSignature(sight.path, result.signature)
  if (result.hash !== undefined) body.HASH = result.hash
  if (result.sha1 !== undefined) body.HASH_SHA1 = result.sha1
  if (result.md5 !== undefined) body.HASH_MD5 = result.md5
  body.ERROR = result.error
  if (result.fileVersion !== undefined) body.FILE_INFO = result.fileVersion
  if (result.originalFileName !== undefined) body.ORIGINAL_FILE_NAME = result.originalFileName
  const sizeBytes = result.sizeBytes ?? sight.file.sizeBytes
  const modificationMs = result.modificationMs ?? sight.file.modificationMs
  if (sizeBytes !== undefined) body.FILE_SIZE = sizeBytes
  if (result.creationMs !== undefined) body.CREATION_TIME = result.creationMs
  if (modificationMs !== undefined) body.MODIFICATION_TIME = modificationMs
  if (result.accessMs !== undefined) body.ACCESS_TIME = result.accessMs
  if (result.attributes !== undefined) body.ATTRIBUTES = result.attributes
  if (sight.pathBytes !== undefined) body.TRUNCATED = { FILE_PATH: sight.pathBytes }
  return body as Body
}

type Signature = NonNullable<Body['SIGNATURE']>
type SignatureDraft = { -readonly [Key in keyof Signature]?: Signature[Key] }

function buildSignature(
  path: string,
  { isSigned, isVerified, chainStatus, issuer, subject }: FileSignature,
): Signature {
  const body: SignatureDraft = {}
  if (issuer !== undefined) body.CERT_ISSUER = issuer
  if (chainStatus !== undefined) body.CERT_CHAIN_STATUS = chainStatus
  body.FILE_PATH = path
  if (subject !== undefined) body.CERT_SUBJECT = subject
  body.FILE_IS_SIGNED = isSigned ? 1 : 0
  body.FILE_CERT_IS_VERIFIED_LOCAL = isVerified ? 1 : 0
  return body as Signature
}
