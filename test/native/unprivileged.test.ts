/** What an ordinary user gets who may not load programs into the kernel: a sentence, and nothing else. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, type TestContext, test } from 'vitest'

const NOBODY = 65_534
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href
const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Runs Node as a user who has no rights. */
function asNobody({ skip }: TestContext, ...args: string[]) {
  const isRoot = process.getuid?.() === 0
  const options = { encoding: 'utf8', cwd: '/', ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) } as const
  const look = spawnSync(process.execPath, ['-e', `require('fs').accessSync(${JSON.stringify(COMMAND)})`], options)
  if (look.status !== 0) skip('an ordinary user cannot read this folder, or dist/ is not built')
  return spawnSync(process.execPath, args, options)
}

test('openSensor() rejects with a code and a remedy', (context) => {
  const program = `
    import(${JSON.stringify(PACKAGE)})
      .then(({ openSensor }) => openSensor())
      .catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })))`
  const { status, signal, stdout, stderr } = asNobody(context, '-e', program)
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    name: 'KernelwireError',
    code: 'ERR_PRIVILEGE',
    message: expect.stringMatching(/^reading kernel events needs CAP_PERFMON and CAP_BPF, .* run it as root/),
  })
})

test('the command says it on one line of stderr and exits with 3', (context) => {
  const { status, signal, stdout, stderr } = asNobody(context, COMMAND, 'watch', '--json')
  expect({ status, signal, stdout }).toEqual({ status: 3, signal: null, stdout: '' })
  expect(stderr).toMatch(/^kernelwire: reading kernel events needs CAP_PERFMON and CAP_BPF.*\n$/)
})

test('kernelwire doctor says what is missing, of every event', (context) => {
  const { status, stdout, stderr } = asNobody(context, COMMAND, 'doctor')
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
  expect(stdout).toMatch(/missing +CAP_PERFMON and CAP_BPF: run it as root/)
  expect(stdout).toMatch(/^NEW_PROCESS impossible$/m)
  expect(stdout).not.toContain(' works')
})
