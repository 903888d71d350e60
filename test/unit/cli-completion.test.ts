import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { COMMAND_NAMES, COMMANDS } from '../../lib/cli/commands.js'
import { run } from '../../lib/cli/completion.js'
import { EVENT_NAMES } from '../../lib/events/index.js'
import { FakeTerminal } from './terminal.js'

async function scriptFor(shell: string): Promise<string> {
  const terminal = new FakeTerminal()
  await run([shell], terminal)
  return terminal.output
}

/** What bash offers behind these words. */
async function offered(...words: string[]): Promise<string[]> {
  const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _kernelwire; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', `${await scriptFor('bash')}\n${ask}`], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

test('bash completes commands, and of each command its options', async () => {
  expect(await offered('kernelwire', '')).toEqual([...COMMAND_NAMES, 'help', '--help', '--version'])
  for (const name of COMMAND_NAMES) {
    const { face } = await COMMANDS[name].load()
    const options = Object.keys(face.options).map((option) => `--${option}`)
    expect(await offered('kernelwire', name, '--')).toEqual(options)
  }
})

test('bash completes values', async () => {
  expect(await offered('kernelwire', 'watch', '--color', 'a')).toEqual(['auto', 'always'])
  expect(await offered('kernelwire', 'watch', '--events', 'NEW_')).toEqual(
    EVENT_NAMES.filter((name) => name.startsWith('NEW_')),
  )
  expect(await offered('kernelwire', 'help', 'w')).toEqual(['watch'])
})

test('zsh and fish have all options too', async () => {
  const [zsh, fish] = [await scriptFor('zsh'), await scriptFor('fish')]
  expect(zsh).toMatch(/^#compdef kernelwire\n/)
  for (const name of COMMAND_NAMES) {
    for (const option of Object.keys((await COMMANDS[name].load()).face.options)) {
      expect(zsh).toContain(`--${option}`)
      expect(fish).toMatch(new RegExp(`from ${name}' -l ${option} `))
    }
  }
})

test.each([[[]], [['bash', 'zsh']], [['csh']]])('%j is refused', async (args) => {
  await expect(run(args, new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_OPTION' })
})
