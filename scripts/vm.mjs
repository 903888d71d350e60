/**
 * Runs a command of this project as root on another kernel: node scripts/vm.mjs --help
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { boot, MachineFailure } from './vm/boot.mjs'
import { cacheDirectory, fetchMachine, Unavailable } from './vm/fetch.mjs'
import { GUEST_REPORT, initrd } from './vm/initrd.mjs'
import { KERNELS } from './vm/kernels.mjs'

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)))
const STATUS = { usage: 2, skipped: 77, timedOut: 124, machineFailed: 125 }
const PASSED_ON = /^(PATH|LANG|LC_ALL|CI|NO_COLOR|FORCE_COLOR|KERNELWIRE_.*)$/
const KERNEL_COMMAND_LINE = 'console=ttyS0 quiet panic=-1 oops=panic mitigations=off tsc=reliable'

/** To load all programs takes a minute where the verifier is emulated. */
const TEST_TIMEOUT_MS = 300_000

const USAGE = `Usage: node scripts/vm.mjs [options] -- COMMAND [ARGUMENT…]
       node scripts/vm.mjs [options] --suite NAME
       node scripts/vm.mjs [options] --fetch

Boots a Debian kernel in qemu and runs COMMAND inside, as root, in this directory, with this machine's files: all but
those in /tmp, /var/tmp and /run outside the project. What it writes is gone afterwards. Standard output, standard error
and exit status are the command's.

  --kernel NAME     ${[...KERNELS.keys()].join(', ')} (default 6.1)
  --append WORDS    more words for the kernel's command line, such as lockdown=integrity
  --suite NAME      run that vitest project; with --only A,B the files of these names
  --json FILE       keep the suite's JSON report; a command writes to $KERNELWIRE_VM_REPORT for it
  --env NAME=VALUE  one more environment variable inside; KERNELWIRE_* are passed on anyway
  --timeout SECONDS from power-on to the end (default 240)
  --fetch           only fill the cache, ${cacheDirectory()} (KERNELWIRE_VM_CACHE)

Exit status: the command's; ${STATUS.skipped} when no machine can be had here, ${STATUS.timedOut} after a time-out, ${STATUS.machineFailed} when the machine failed.
`

function parse(argv) {
  const options = {
    kernel: { type: 'string', default: '6.1' },
    append: { type: 'string', default: '' },
    suite: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    env: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '240' },
    fetch: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  }
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
  const timeoutMs = Number(values.timeout) * 1000
  if (!KERNELS.has(values.kernel)) throw new Error(`There is no kernel ${values.kernel}.`)
  if (!(timeoutMs > 0)) throw new Error('--timeout takes a number of seconds.')
  if (values.env.some((entry) => !/^[A-Za-z_]\w*=/.test(entry))) throw new Error('--env takes NAME=VALUE.')
  if (!values.help && !values.fetch && (values.suite !== undefined) === positionals.length > 0) {
    throw new Error('Give either a command or --suite.')
  }
  return { ...values, timeoutMs, command: positionals }
}

function suiteCommand(project, only, wantsReport) {
  const reporter = join(PROJECT, 'scripts/test/reporter.mjs')
  const report = ['--reporter=default', `--reporter=${reporter}`, `--outputFile.json=${GUEST_REPORT}`]
  return [
    process.execPath,
    join(PROJECT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    // To load the same modules anew for each file would take longer there than the tests.
    '--no-isolate',
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    ...(wantsReport ? report : []),
    ...only
      .split(',')
      .filter((name) => name !== '')
      .map((name) => `test/${project}/${name}.test.ts`),
  ]
}

function guestEnvironment(extra, isSuite) {
  const inherited = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const added = extra.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])
  return {
    HOME: '/root',
    ...colour,
    ...(isSuite ? { KERNELWIRE_TEST_DEADLINE_MS: TEST_TIMEOUT_MS - 10_000 } : {}),
    ...Object.fromEntries([...inherited, ...added]),
    KERNELWIRE_VM_REPORT: GUEST_REPORT,
  }
}

async function runInMachine(options, machine, scratch, signal) {
  const { suite } = options
  const image = join(scratch, 'initrd')
  const guest = {
    busybox: machine.busybox,
    modules: machine.modules,
    readModule: machine.readModule,
    command: suite === undefined ? options.command : suiteCommand(suite, options.only, options.json !== undefined),
    project: PROJECT,
    directory: suite === undefined ? process.cwd() : PROJECT,
    env: guestEnvironment(options.env, suite !== undefined),
  }
  writeFileSync(image, initrd(guest))
  const append = `${KERNEL_COMMAND_LINE} ${options.append}`
  const { stdout, stderr } = process
  return boot({ ...machine, initrd: image, append, timeoutMs: options.timeoutMs, stdout, stderr, signal })
}

function say(line) {
  process.stderr.write(`vm: ${line}\n`)
}

async function main(options) {
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => stop.abort(name))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort('SIGPIPE'))
  const json = options.json === undefined ? undefined : resolve(options.json)
  if (json !== undefined) rmSync(json, { force: true })
  const scratch = mkdtempSync(join(tmpdir(), 'kernelwire-vm-'))
  try {
    const machine = await fetchMachine(options.kernel, { progress: say, signal: stop.signal })
    if (options.fetch) return 0
    say(`Linux ${options.kernel}: booting`)
    const { status, report } = await runInMachine(options, machine, scratch, stop.signal)
    if (json !== undefined && report.length > 0) writeFileSync(json, report)
    return status
  } catch (error) {
    if (stop.signal.aborted) return 128 + constants.signals[stop.signal.reason]
    return failed(error)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function failed(error) {
  if (error instanceof Unavailable) {
    say(`skipped: ${error.message}.`)
    return STATUS.skipped
  }
  if (!(error instanceof MachineFailure)) throw error
  for (const line of error.consoleLines) say(`console: ${line}`)
  say(error.message)
  return error.timedOut ? STATUS.timedOut : STATUS.machineFailed
}

let options
try {
  options = parse(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exit(STATUS.usage)
}
process.exitCode = await main(options)
