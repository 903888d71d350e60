/** Programs that scripts/windows/signed-files.mjs has made, and a stand-in for what Windows says of signatures. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { native } from '../../lib/native.js'

export interface SignatureStandIn {
  install(module: string): string[]
  /** Error numbers of WinVerifyTrust; what is not given is as it is. `algorithm`: of the catalog that lists each file. */
  wish(wish: { own?: number; catalog?: number; algorithm?: string }): void
  calls(): string[]
  /** How much of what was opened is not closed. */
  left(): number
}

export function signatureStandIn(): SignatureStandIn & { replaced: string[] } {
  native()
  const require = createRequire(import.meta.url)
  const found = require('../../build/windows/signature_stand_in.node') as SignatureStandIn
  return Object.assign(found, { replaced: found.install('node.napi.node') })
}

const folder = process.env.KERNELWIRE_SIGNED_FILES

/** Undefined, or why there are none. */
export const whyNoFiles = folder ? undefined : 'nobody has signed any files: that needs openssl and osslsigncode'

/** With a drive, as events have it. */
export function signedFile(name: string): string {
  return path.resolve(folder ?? '', name)
}
