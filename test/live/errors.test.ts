/** Codes that a machine is needed for: what is missing is taken away from a process of its own. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isUnable, MAIN } from './command.js'
import { program } from './programs.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Codes that need no more than a line of JavaScript before the sensor is opened. */
function codeAfter(preparation: string, main = join(ROOT, 'dist/index.js')): unknown {
  const script = `${preparation}
    import(${JSON.stringify(main)}).then(({ openSensor }) => openSensor())
      .then(() => 'open', ({ code, message }) => ({ code, message }))
      .then((outcome) => { console.log(JSON.stringify(outcome)); process.exit() })`
  return JSON.parse(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout)
}

function watch(...before: string[]) {
  const [file, ...words] = [...before, process.execPath, MAIN, 'watch', '--json', '--duration', '1']
  return spawnSync(file!, words, { encoding: 'utf8' })
}

function requireSensor(): void {
  const { status, stderr } = watch()
  if (isUnable(status)) cannotRun(stderr)
}

test('another platform', () => {
  const outcome = codeAfter("Object.defineProperty(process, 'platform', { value: 'sunos' })")
  expect(outcome).toEqual({
    code: 'ERR_PLATFORM',
    message: 'there are no live events on sunos; use Linux 5.8 or newer, or Windows 8.1 or newer',
  })
})

test('no addon', () => {
  const copy = temporaryFolder()
  mkdirSync(join(copy, 'scripts'))
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  expect(codeAfter('', join(copy, 'dist/index.js'))).toEqual({
    code: 'ERR_NO_ADDON',
    message: expect.stringMatching(/^there is no native addon for \w+-\w+; build it with: node .*build-native\.cjs$/),
  })
})

test('one capability is missing: it is named, and the other one is not', () => {
  requireSensor()
  const [SYS_ADMIN, PERFMON] = ['cap_21', 'cap_38']
  const bounding = spawnSync('setpriv', ['--bounding-set', `-${SYS_ADMIN},-${PERFMON}`, 'true'], { encoding: 'utf8' })
  if (bounding.status !== 0) cannotRun(`setpriv cannot take capabilities away: ${bounding.stderr}`)
  const { status, stdout, stderr } = watch('setpriv', '--bounding-set', `-${SYS_ADMIN},-${PERFMON}`)
  expect([status, stdout]).toEqual([3, ''])
  expect(stderr).toMatch(
    /^kernelwire: reading kernel events needs CAP_PERFMON, which this process lacks.*\(ERR_PRIVILEGE\)/,
  )
})

test('a kernel that does not describe its types', () => {
  requireSensor()
  const hidden = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
  const { status, stdout, stderr } = watch('unshare', '--mount', 'sh', '-c', hidden, 'sh')
  if (stderr.includes('mount:')) cannotRun('this process may not mount')
  // Where /boot has the types as well, they are found there.
  if (status === 0) cannotRun('the types are found elsewhere')
  expect([status, stdout]).toEqual([4, ''])
  expect(stderr).toContain('CONFIG_DEBUG_INFO_BTF (ERR_NO_BTF)')
})

test('no /sys at all', () => {
  requireSensor()
  const hidden = 'mount -t tmpfs none /sys && exec "$@"'
  const { status, stdout, stderr } = watch('unshare', '--mount', 'sh', '-c', hidden, 'sh')
  if (stderr.includes('mount:')) cannotRun('this process may not mount')
  expect([status, stdout]).toEqual([4, ''])
  expect(stderr).toMatch(/^kernelwire: sysfs is not mounted on \/sys.*; mount it .*\(ERR_NO_BTF\)/)
})

test('whoever is root in a user namespace only', () => {
  requireSensor()
  const namespace = spawnSync('unshare', ['--user', '--map-root-user', 'true'], { encoding: 'utf8' })
  if (namespace.status !== 0) cannotRun(`no user namespaces here: ${namespace.stderr}`)
  const { status, stdout, stderr } = watch('unshare', '--user', '--map-root-user')
  expect([status, stdout]).toEqual([3, ''])
  expect(stderr).toMatch(/^kernelwire: this process is in a user namespace of its own.*; run it as root of the machine/)
  expect(stderr).toContain('(ERR_PRIVILEGE)')
})

test('too few files may be opened', () => {
  requireSensor()
  // All modules are loaded by then.
  const script = `
    import { openSync } from 'node:fs'
    import { openSensor } from ${JSON.stringify(join(ROOT, 'dist/index.js'))}
    await (await openSensor({ events: ['NEW_PROCESS'] })).close()
    try { for (;;) openSync('/dev/null') } catch {}
    const outcome = await openSensor({ events: ['NEW_PROCESS'] }).then(() => 'open', ({ code, message }) => ({ code, message }))
    process.stdout.write(JSON.stringify(outcome), () => process.exit())`
  const limited = 'ulimit -n 200 && exec "$@"'
  const words = ['-c', limited, 'sh', process.execPath, '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8' })
  expect(JSON.parse(stdout), stderr).toEqual({
    code: 'ERR_SOURCE',
    message: expect.stringMatching(/^this process may open no more files.*; .*\(ulimit -n\)$/),
  })
})

test('a seccomp filter keeps it from the kernel', () => {
  requireSensor()
  const { status, stdout, stderr } = watch(program('without-bpf'))
  expect([status, stdout]).toEqual([3, ''])
  expect(stderr).toMatch(/^kernelwire: a seccomp filter.*; run it without .*\(ERR_PRIVILEGE\)/m)
})

test('a disk that is full ends it with what the system says', () => {
  requireSensor()
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'watch', '--json', '--duration', '5'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^kernelwire: .*ENOSPC.*\n$/)
})
