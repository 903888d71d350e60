/**
 * Debian packages without installing any: apt downloads and checks signatures, dpkg unpacks. Neither needs root. Lists
 * of packages that the system does not have itself are kept in a scratch directory.
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MIRROR = 'http://deb.debian.org/debian'
const KEYRING = 'usr/share/keyrings/debian-archive-keyring.gpg'
const PATIENCE = ['-oAcquire::Retries=2', '-oAcquire::http::Timeout=30', '-oAcquire::https::Timeout=30']
const OUTPUT_LIMIT_BYTES = 64 << 20

const execute = promisify(execFile)

/**
 * Unpacks packages of the system's own archive, with everything they depend on that is not installed.
 *
 * @param {readonly string[]} packages
 * @param {string} root Where to unpack.
 * @param {string} scratch
 */
export async function unpackFromSystem(packages, root, scratch) {
  try {
    await unpackWithDependencies([], packages, root, scratch)
  } catch {
    // The lists may be missing or older than the archive, and only root may renew them in place.
    const own = await ownLists(scratch, 'system', [])
    await unpackWithDependencies(own, packages, root, scratch)
  }
}

/**
 * Unpacks the newest package of a Debian suite whose name matches.
 *
 * @param {{ suite: string, package: RegExp }} wanted
 * @param {string} root Where to unpack.
 * @param {string} scratch
 */
export async function unpackNewest({ suite, package: pattern }, root, scratch) {
  const sources = join(scratch, `${suite}.list`)
  writeFileSync(sources, `deb [signed-by=${await debianKeyring(scratch)}] ${MIRROR} ${suite} main\n`)
  const own = await ownLists(scratch, suite, [`-oDir::Etc::SourceList=${sources}`, '-oDir::Etc::SourceParts=/dev/null'])
  const names = (await apt('apt-cache', [...own, 'pkgnames', 'linux-image'], scratch)).split('\n')
  const newest = names
    .filter((name) => pattern.test(name))
    .sort(byNumbers)
    .at(-1)
  if (newest === undefined) throw new Error(`${MIRROR} ${suite} has no package like ${pattern.source}`)
  await unpack(own, [newest], root, scratch)
}

async function unpackWithDependencies(options, packages, root, scratch) {
  const simulated = await apt(
    'apt-get',
    [...options, '--simulate', '--no-install-recommends', 'install', ...packages],
    scratch,
  )
  const missing = new Map(packages.map((name) => [name, name]))
  for (const [, name, version] of simulated.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)) {
    missing.set(name, `${name}=${version}`)
  }
  await unpack(options, [...missing.values()], root, scratch)
}

async function unpack(options, packages, root, scratch) {
  const directory = join(scratch, `packages-${packages[0]}`)
  mkdirSync(directory, { recursive: true })
  await apt('apt-get', [...options, 'download', ...packages], directory)
  for (const file of readdirSync(directory)) await execute('dpkg', ['-x', join(directory, file), root])
}

/** Options that make apt use lists of its own, just fetched. */
async function ownLists(scratch, name, sources) {
  const directory = join(scratch, `lists-${name}`)
  mkdirSync(join(directory, 'partial'), { recursive: true })
  const options = [...sources, `-oDir::State::Lists=${directory}`, `-oDir::Cache=${join(scratch, 'cache')}`]
  await apt('apt-get', [...options, '-oAPT::Update::Error-Mode=any', 'update'], scratch)
  return options
}

async function debianKeyring(scratch) {
  if (existsSync(join('/', KEYRING))) return join('/', KEYRING)
  const root = join(scratch, 'keyring')
  await unpackFromSystem(['debian-archive-keyring'], root, scratch)
  return join(root, KEYRING)
}

async function apt(command, args, directory) {
  // As root, apt would download as another user, who may not write here.
  const options = ['-q', '-oAPT::Sandbox::User=root', ...PATIENCE, ...args]
  const env = { ...process.env, LC_ALL: 'C' }
  const { stdout } = await execute(command, options, { cwd: directory, env, maxBuffer: OUTPUT_LIMIT_BYTES })
  return stdout
}

function byNumbers(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}
