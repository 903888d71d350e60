/** Programs with another C library and another loader: musl, by its compiler here, or unpacked from Debian's packages. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cannotRun } from './skip.js'

const SOURCES = fileURLToPath(new URL('../programs/', import.meta.url))
const PROGRAMS = fileURLToPath(new URL('../../build/test/', import.meta.url))
const UNPACKED = join(PROGRAMS, 'musl')

/** The path of an executable made of test/programs/`name`.c. Skips the test where it cannot be made. */
export function muslProgram(name: string): string {
  const made = join(PROGRAMS, `${name}.musl`)
  if (existsSync(made)) return made
  mkdirSync(PROGRAMS, { recursive: true })
  const draft = `${made}.${process.pid}`
  const hasCompiler = spawnSync('musl-gcc', ['--version']).status === 0
  const [compiler, flags] = hasCompiler ? ['musl-gcc', []] : [process.env.CC ?? 'cc', flagsFor(unpacked())]
  const { status, stderr } = spawnSync(compiler, [join(SOURCES, `${name}.c`), ...flags, '-o', draft], {
    encoding: 'utf8',
  })
  if (status !== 0) cannotRun(`${compiler} cannot link with musl here: ${stderr}`)
  renameSync(draft, made)
  return made
}

/** What musl-gcc tells the compiler: musl's own musl-gcc.specs. */
function flagsFor(root: string): string[] {
  const triple = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-musl`
  const library = join(root, 'lib', triple, 'libc.so')
  const [first, second, last] = ['crt1.o', 'crti.o', 'crtn.o'].map((file) => join(root, 'usr/lib', triple, file))
  const place = ['-nostdinc', '-isystem', join(root, 'usr/include', triple), '-nostdlib']
  return [...place, '-fno-pie', '-no-pie', first!, second!, library, last!, `-Wl,--dynamic-linker=${library}`]
}

function unpacked(): string {
  if (existsSync(UNPACKED)) return UNPACKED
  const draft = `${UNPACKED}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  const options = { cwd: draft, encoding: 'utf8', timeout: 60_000 } as const
  const download = spawnSync('apt-get', ['download', '-q', 'musl', 'musl-dev'], options)
  if (download.status !== 0) cannotRun('there is no musl-gcc, and apt-get cannot download musl')
  for (const file of readdirSync(draft).filter((name) => name.endsWith('.deb'))) {
    if (spawnSync('dpkg', ['-x', file, '.'], options).status !== 0) cannotRun(`dpkg cannot unpack ${file}`)
  }
  renameSync(draft, UNPACKED)
  return UNPACKED
}
