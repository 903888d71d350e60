/** A block of TypeScript out of a document: its types hold, and it runs in Node against the package as it is built. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import typescript from 'typescript'
import { expect } from 'vitest'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The path of a module. `name`: of its folder below build/test. */
export function compiled(name: string, source: string): string {
  const folder = join(ROOT, 'build', 'test', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'block.ts'), source)
  const config = { extends: '../../../tsconfig.test.json', include: ['block.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  expect(spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout).toBe('')
  const { outputText } = typescript.transpileModule(source, {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 },
  })
  const made = join(folder, 'block.mjs')
  writeFileSync(made, outputText)
  return made
}
