/** The body that CODE_IDENTITY and ONGOING_IDENTITY share: what a file is. */
import { Type } from 'typebox'
import { ofEvent, rawBytes } from './extensions.js'
import { flag, integer, MS_SINCE_EPOCH, only, sha256, sometimes, text } from './field.js'
import { PATH_FORMS, truncated } from './truncated.js'

const signature = Type.Object(
  {
    CERT_ISSUER: sometimes('when the file is not signed', text('X.500 name', 'Who issued the certificate')),
    CERT_CHAIN_STATUS: sometimes(
      'when the chain was not looked at',
      integer(
        'status number',
        '121 verified, 122 not verified (not asked, or not possible offline), 123 error: it does not fit the file, or cannot be read, 124 untrusted, 125 revoked, ' +
          '126 not valid at this time, 127 self-signed',
      ),
    ),
    FILE_PATH: text('path', 'The file whose signature this is'),
    CERT_SUBJECT: sometimes('when the file is not signed', text('X.500 name', 'Whom the certificate names')),
    FILE_IS_SIGNED: sometimes(
      'when the signature could not be read',
      flag('Whether the file is signed: in itself, or in a catalog of Windows'),
    ),
    FILE_CERT_IS_VERIFIED_LOCAL: sometimes(
      'when the signature could not be read',
      flag('Whether this machine accepts the signature'),
    ),
  },
  { additionalProperties: false, description: 'The signature of the file', 'x-unit': 'object' },
)

export const identity = {
  MEMORY_SIZE: integer('bytes', 'The mapped size when a module load was the occasion, else 0'),
  FILE_PATH: text('path', `The file, as the event that was the occasion has it. ${PATH_FORMS}`),
  TIMESTAMP: integer(MS_SINCE_EPOCH, 'When it was executed or loaded: equal to routing.event_time'),
  SIGNATURE: sometimes('when the signature was not checked', only('windows', signature)),
  HASH: sometimes('when ERROR is not 0', sha256('The file')),
  HASH_SHA1: sometimes('when ERROR is not 0', text('SHA-1: 40 lower-case hex digits', 'The file', '^[0-9a-f]{40}$')),
  HASH_MD5: sometimes('when ERROR is not 0', text('MD5: 32 lower-case hex digits', 'The file', '^[0-9a-f]{32}$')),
  ERROR: integer(
    'Windows error number',
    'Why there is no hash: 0 there is one, 2 not found, 5 denied, 30 reading failed, ' +
      '65 on a network or a file system that is a program (see hashRemote), 223 too large, ' +
      '1006 changed since it was executed, or it cannot be told that it has not, 1450 the sensor had no memory, no descriptor or no process for it, ' +
      '1460 the file system did not answer; Windows: 50 on another machine, or what else Windows answers',
  ),
  FILE_INFO: sometimes(
    'when the file carries no version information',
    only('windows', text('version', 'The version of the file')),
  ),
  ORIGINAL_FILE_NAME: sometimes(
    'when the file carries no version information',
    only('windows', text('file name', 'The name that the file was built under')),
  ),
  FILE_SIZE: sometimes('when it could not be read', integer('bytes', 'The size of the file that was executed')),
  CREATION_TIME: sometimes(
    'when the file system does not keep it',
    integer(MS_SINCE_EPOCH, 'When the file was created'),
  ),
  MODIFICATION_TIME: sometimes('when it could not be read', integer(MS_SINCE_EPOCH, 'When the file was last written')),
  ACCESS_TIME: sometimes('when it could not be read', integer(MS_SINCE_EPOCH, 'When the file was last read')),
  ATTRIBUTES: sometimes('when they could not be read', only('windows', integer('bit set', 'The file attributes'))),
  TRUNCATED: truncated,
  ...ofEvent,
  RAW_BYTES: rawBytes,
}
