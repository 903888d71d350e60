/**
 * Runs one virtual machine to its end. The machine has four channels, each a socket that qemu inherits: the command's
 * standard output and error, the kernel's console, and the result ("STATUS SIZE\n", then SIZE bytes of a report).
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'

const CONSOLE_LINES_KEPT = 60
const CHANNELS = ['console', 'stdout', 'stderr', 'result']
const FIRST_CHANNEL_FD = 3

/** The machine ended, or had to be ended, without a result. */
export class MachineFailure extends Error {
  constructor(message, consoleLines, timedOut) {
    super(message)
    this.consoleLines = consoleLines
    this.timedOut = timedOut
  }
}

/**
 * @param {{ qemu: { file: string, args: string[], env: NodeJS.ProcessEnv }, image: string, initrd: string, append: string,
 *   timeoutMs: number, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream, signal: AbortSignal }} machine
 * @returns {Promise<{ status: number, report: Buffer }>}
 */
export async function boot({ qemu, image, initrd, append, timeoutMs, stdout, stderr, signal }) {
  const args = [...qemu.args, ...machineArguments(), '-kernel', image, '-initrd', initrd, '-append', append]
  // Even a SIGKILL of this process must leave no machine behind: the kernel then kills it too.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', qemu.file, ...args], {
    env: qemu.env,
    stdio: ['ignore', 'ignore', 'pipe', ...CHANNELS.map(() => 'pipe')],
    signal,
    killSignal: 'SIGKILL',
  })
  const [console, out, err, result] = child.stdio.slice(FIRST_CHANNEL_FD)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  out.pipe(stdout, { end: false })
  err.pipe(stderr, { end: false })
  const consoleText = collected(console)
  const resultBytes = collected(result)
  const complaints = collected(child.stderr)
  await once(child, 'close').finally(() => clearTimeout(timer))

  const outcome = parseResult(await resultBytes)
  if (outcome !== undefined) return outcome
  const lines = `${await complaints}${await consoleText}`.split(/\r?\n/).filter((line) => line.trim() !== '')
  const reason = timedOut ? `did not finish within ${timeoutMs / 1000} s` : 'ended before the command did'
  throw new MachineFailure(`The virtual machine ${reason}.`, lines.slice(-CONSOLE_LINES_KEPT), timedOut)
}

function machineArguments() {
  return [
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off', '-smp', '2', '-m', '2048'],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-rtc', 'base=utc'],
    ...CHANNELS.flatMap((name, index) => ['-chardev', `socket,id=${name},fd=${FIRST_CHANNEL_FD + index}`]),
    ...['-serial', 'chardev:console', '-device', 'virtio-serial-pci'],
    ...CHANNELS.slice(1).flatMap((name) => ['-device', `virtserialport,chardev=${name},name=${name}`]),
    ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
    ...['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
  ]
}

async function collected(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** @param {Buffer} bytes */
export function parseResult(bytes) {
  const end = bytes.indexOf('\n')
  const [, status, size] = /^(\d+) (\d+)$/.exec(bytes.toString('latin1', 0, Math.max(end, 0))) ?? []
  const report = bytes.subarray(end + 1)
  if (status === undefined || report.length !== Number(size)) return undefined
  return { status: Number(status), report }
}
