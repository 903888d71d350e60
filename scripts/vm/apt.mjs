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
const PARTS = ['linux-binary', 'linux-modules']
const OUTPUT_LIMIT_BYTES = 64 << 20

const execute = promisify(execFile)

/**
 * @typedef {{ root: string, scratch: string, signal: AbortSignal }} Place Where to unpack, and what to use on the way.
 */

/**
 * Unpacks packages of the system's own archive, with everything they depend on that is not installed.
 *
 * @param {readonly string[]} packages
 * @param {Place} place
 */
export async function unpackFromSystem(packages, place) {
  try {
    await unpackWithDependencies([], packages, place)
  } catch {
    place.signal.throwIfAborted()
    // The lists may be missing or older than the archive, and only root may renew them in place.
    const own = await ownLists('system', [], place)
    await unpackWithDependencies(own, packages, place)
  }
}

/**
 * Unpacks the newest kernel of a Debian suite whose name matches, and the parts that newer suites keep apart from it.
 *
 * @param {{ suite: string, package: RegExp }} wanted
 * @param {Place} place
 */
export async function unpackNewest({ suite, package: pattern }, place) {
  const sources = join(place.scratch, `${suite}.list`)
  writeFileSync(sources, `deb [signed-by=${await debianKeyring(place)}] ${MIRROR} ${suite} main\n`)
  const onlyThese = [`-oDir::Etc::SourceList=${sources}`, '-oDir::Etc::SourceParts=/dev/null']
  const own = await ownLists(suite, [...onlyThese, '-oAPT::Update::Error-Mode=any'], place)
  const names = (await apt('apt-cache', [...own, 'pkgnames', 'linux-'], place)).split('\n')
  const matching = names.filter((name) => pattern.test(name))
  const newest = matching.sort(byNumbers).at(-1)
  if (newest === undefined) throw new Error(`${MIRROR} ${suite} has no package like ${pattern.source}`)
  const parts = PARTS.map((part) => newest.replace('linux-image', part)).filter((name) => names.includes(name))
  await unpack(own, [newest, ...parts], place)
}

async function unpackWithDependencies(options, packages, place) {
  const simulation = [...options, '--simulate', '--no-install-recommends', 'install', ...packages]
  const simulated = await apt('apt-get', simulation, place)
  const missing = new Map(packages.map((name) => [name, name]))
  for (const [, name, version] of simulated.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)) {
    missing.set(name, `${name}=${version}`)
  }
  await unpack(options, [...missing.values()], place)
}

async function unpack(options, packages, place) {
  const { root, scratch, signal } = place
  const directory = join(scratch, `packages-${packages[0]}`)
  mkdirSync(directory, { recursive: true })
  await apt('apt-get', [...options, 'download', ...packages], place, directory)
  for (const file of readdirSync(directory)) await execute('dpkg', ['-x', join(directory, file), root], { signal })
}

/** Options that make apt use lists of its own, just fetched. */
async function ownLists(name, extra, place) {
  const directory = join(place.scratch, `lists-${name}`)
  mkdirSync(join(directory, 'partial'), { recursive: true })
  const options = [...extra, `-oDir::State::Lists=${directory}`, `-oDir::Cache=${join(place.scratch, 'cache')}`]
  await apt('apt-get', [...options, 'update'], place)
  return options
}

async function debianKeyring(place) {
  if (existsSync(join('/', KEYRING))) return join('/', KEYRING)
  const root = join(place.scratch, 'keyring')
  await unpackFromSystem(['debian-archive-keyring'], { ...place, root })
  return join(root, KEYRING)
}

async function apt(command, args, { scratch, signal }, cwd = scratch) {
  // As root, apt would download as another user, who may not write here.
  const options = ['-q', '-oAPT::Sandbox::User=root', ...PATIENCE, ...args]
  const env = { ...process.env, LC_ALL: 'C' }
  const { stdout } = await execute(command, options, { cwd, env, signal, maxBuffer: OUTPUT_LIMIT_BYTES })
  return stdout
}

function byNumbers(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}
