/**
 * Lets Node run the TypeScript of this project as it lies there: a module that is only there as .ts is found when its
 * .js is imported, and its types are taken away.
 *
 * vitest itself does not start under Wine: its bundler is native code that Wine cannot load.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const ROOT = new URL('../../../', import.meta.url)
const OPTIONS = { module: 'esnext', target: 'es2022', verbatimModuleSyntax: true, inlineSourceMap: true }

export async function resolve(specifier, context, next) {
  // The tests' name for what they ship with.
  if (specifier === 'kernelwire') return { url: new URL('lib/index.ts', ROOT).href, shortCircuit: true }
  if (specifier.endsWith('.js') && specifier.startsWith('.') && context.parentURL?.endsWith('.ts')) {
    const source = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL)
    if (existsSync(fileURLToPath(source))) return { url: source.href, shortCircuit: true }
  }
  if (specifier.endsWith('.ts') && specifier.startsWith('.')) {
    return { url: new URL(specifier, context.parentURL).href, shortCircuit: true }
  }
  return next(specifier, context)
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const typescript = require('typescript')
  const fileName = fileURLToPath(url)
  const { outputText } = typescript.transpileModule(await readFile(fileName, 'utf8'), {
    fileName: pathToFileURL(fileName).href,
    compilerOptions: OPTIONS,
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
