import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMAND_NAMES, COMMANDS } from '../../lib/cli/commands.js'
import { manPage } from '../../lib/cli/man.js'

const PAGE = fileURLToPath(new URL('../../docs/kernelwire.1', import.meta.url))

test('docs/kernelwire.1 says what --help says (else: npm run docs)', async () => {
  const commands = COMMAND_NAMES.map(async (name) => {
    const { face } = await COMMANDS[name].load()
    return { name, summary: COMMANDS[name].summary, face }
  })
  expect(readFileSync(PAGE, 'utf8')).toBe(manPage(await Promise.all(commands)))
})

test('groff has nothing against it, and shows every option', async (ctx) => {
  const { status, stdout, stderr, error } = spawnSync('groff', ['-man', '-Tascii', '-ww', '-rLL=2000n', PAGE], {
    encoding: 'utf8',
  })
  if (error !== undefined) return ctx.skip('there is no groff')
  expect([status, stderr]).toEqual([0, ''])
  const text = stdout.replace(/\x1b\[[\d;]*m/g, '').replace(/.\x08/g, '')
  for (const name of COMMAND_NAMES) {
    for (const option of Object.keys((await COMMANDS[name].load()).face.options)) expect(text).toContain(`--${option}`)
  }
  expect(text).toContain('kernelwire watch --events NEW_PROCESS')
})
