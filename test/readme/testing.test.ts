/** The block of docs/testing.md: its types hold, and it runs in Node against the package as it is built. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import typescript from 'typescript'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('a test of docs/testing.md', () => {
  const source = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8').match(/^```ts\n(.*?)^```$/ms)![1]!
  const folder = join(ROOT, 'build', 'test', 'testing')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'block.ts'), source)
  const config = { extends: '../../../tsconfig.test.json', include: ['block.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  expect(spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout).toBe('')
  const { outputText } = typescript.transpileModule(source, {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 },
  })
  writeFileSync(join(folder, 'block.mjs'), outputText)
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'block.mjs')], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'passed\n', stderr: '' })
})
