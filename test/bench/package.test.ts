import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Report } from '../../lib/bench/report.js'
import { Bench, ROOT } from './run.js'

/** Its dependencies come from the clone: no registry is asked. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', ['--loglevel=error', ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT))
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const links = Object.keys(dependencies).map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`])
  const needs = { ...Object.fromEntries(links), kernelwire: `file:${filename}` }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, dependencies: needs }))
  npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  return folder
}

test('an installed package measures decoding', async () => {
  const command = ['node_modules/kernelwire/dist/cli/main.js', ['bench', '--quick', '--json']] as const
  const { status, stdout, stderr } = await new Bench(...command, installed()).outcome()
  expect(status, stderr).toBe(0)
  const { figures, checks, ratios } = JSON.parse(stdout) as Report
  expect(new Set(figures.map(({ suite }) => suite))).toEqual(new Set(['decode']))
  expect(checks.length).toBeGreaterThan(0)
  expect(checks.every(({ passed }) => passed)).toBe(true)
  expect(Object.keys(ratios).length).toBeGreaterThan(5)
})
