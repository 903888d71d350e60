/**
 * Programs for Windows that are signed, not signed, and changed after they were signed, by certificates of our own:
 * what the tests of signatures look at.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const CROSS = 'x86_64-w64-mingw32-'
const SUBJECT = '/C=DE/ST=Hessen/L=Here/O=kernelwire tests/CN=signer'
const VERSION = `1 VERSIONINFO
FILEVERSION 1,2,3,4
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040704b0"
    BEGIN
      VALUE "OriginalFilename", "sch\u00f6n.exe"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x0407, 1200
  END
END
`

/** Undefined, or the sentence that says what is missing. */
export function whyNoSigning() {
  for (const [command, args] of [
    ['openssl', ['version']],
    ['osslsigncode', ['--version']],
  ]) {
    if (spawnSync(command, args).status !== 0)
      return `there is no ${command}; on Debian: apt-get install --no-install-recommends ${command}`
  }
  return undefined
}

/** Makes unsigned.exe, signed.exe, tampered.exe, self-signed.exe and plain.exe, which has no version, in `folder`. */
export function makeSignedFiles(folder) {
  mkdirSync(folder, { recursive: true })
  const run = (command, ...args) => {
    const { status, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  }
  writeFileSync(join(folder, 'program.c'), 'int main(void) { return 0; }\n')
  writeFileSync(join(folder, 'version.rc'), VERSION)
  run(`${CROSS}windres`, '-c', '65001', 'version.rc', 'version.o')
  run(`${CROSS}gcc-posix`, '-s', '-o', 'unsigned.exe', 'program.c', 'version.o')
  run(`${CROSS}gcc-posix`, '-s', '-o', 'plain.exe', 'program.c')
  makeCertificates(folder, run)
  sign(run, 'chain.pem', 'signer.key', 'signed.exe')
  sign(run, 'self.pem', 'self.key', 'self-signed.exe')
  copyFileSync(join(folder, 'signed.exe'), join(folder, 'tampered.exe'))
  const bytes = readFileSync(join(folder, 'tampered.exe'))
  bytes[0x400] ^= 1
  writeFileSync(join(folder, 'tampered.exe'), bytes)
}

function makeCertificates(folder, run) {
  const authority = ['-subj', '/O=kernelwire tests/CN=authority', '-addext', 'basicConstraints=critical,CA:true']
  const usage = ['-addext', 'extendedKeyUsage=codeSigning']
  const own = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650']
  run('openssl', ...own, '-keyout', 'authority.key', '-out', 'authority.pem', ...authority)
  run('openssl', ...own, '-keyout', 'self.key', '-out', 'self.pem', '-subj', SUBJECT, ...usage)
  run(
    'openssl',
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'signer.key',
    '-out',
    'signer.csr',
    '-subj',
    SUBJECT,
  )
  writeFileSync(join(folder, 'usage'), 'extendedKeyUsage=codeSigning\n')
  const by = [
    '-CA',
    'authority.pem',
    '-CAkey',
    'authority.key',
    '-CAcreateserial',
    '-days',
    '3650',
    '-extfile',
    'usage',
  ]
  run('openssl', 'x509', '-req', '-in', 'signer.csr', ...by, '-out', 'signer.pem')
  const chain = ['signer.pem', 'authority.pem'].map((name) => readFileSync(join(folder, name), 'utf8'))
  writeFileSync(join(folder, 'chain.pem'), chain.join(''))
}

function sign(run, certificates, key, to) {
  run('osslsigncode', 'sign', '-certs', certificates, '-key', key, '-h', 'sha256', '-in', 'unsigned.exe', '-out', to)
}
