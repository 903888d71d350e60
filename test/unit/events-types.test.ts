import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

test('test/types compiles: records narrow without a cast, and what must not compile does not', {
  timeout: 30_000,
}, () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const { config } = ts.readConfigFile(`${root}tsconfig.test.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([`${root}test/types/events.ts`], options)
  const messages = ts
    .getPreEmitDiagnostics(program)
    .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '))
  expect(messages).toEqual([])
})

test('the names and types of the events load no other module, so that importing kernelwire stays cheap', () => {
  const source = readFileSync(new URL('../../lib/events/index.ts', import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  })
  expect(outputText).toContain('EVENT_NAMES')
  expect(outputText).not.toMatch(/^\s*(?:import|export .* from)\b/m)
})
