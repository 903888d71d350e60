/** Writes docs/kernels.md; fails when a kernel gives less than the page says so far: node scripts/kernels.mjs --help */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { columnOf, failures, worse } from './kernels/cells.mjs'
import { ESSENTIAL, MACHINES, vmArguments } from './kernels/machines.mjs'
import { known, PAGE, pageOf } from './kernels/page.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const HERE = { title: `${release().split('.').slice(0, 2).join('.')} (development machine)`, files: ESSENTIAL }
const SKIPPED = 77
const SECONDS = 1_200
const SECONDS_OF_WHOLE = 7_200

const USAGE = `Usage: node scripts/kernels.mjs [--live | --whole] [--only TITLE;…]

Runs live tests on each kernel of docs/kernels.md and writes there what came of it: one test of each event, which compares
it with doctor's verdict.

  --live            the short selection of live tests that npm test -- --all runs
  --whole           the whole live suite, for hours
  --only TITLES     these columns of the page: ${[...MACHINES, HERE].map(({ title }) => title).join('; ')}
`

const { values } = parseArgs({
  options: {
    live: { type: 'boolean' },
    whole: { type: 'boolean' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
})

/** @returns {string[]} Of test/live; none are all. */
function filesOn({ files }) {
  if (values.whole) return []
  return values.live ? files : ['every-event']
}

/** @returns the exit status */
function runOn(machine, report) {
  const files = filesOn(machine)
  const seconds = values.whole ? SECONDS_OF_WHOLE : SECONDS
  const args =
    machine.kernel === undefined
      ? ['node_modules/vitest/vitest.mjs', 'run', '--project', 'live', ...reporters(report), ...files.map(testFile)]
      : ['scripts/vm.mjs', ...vmArguments(machine, { files, report, seconds })]
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status
}

function reporters(report) {
  return ['--reporter=default', '--reporter=scripts/test/reporter.mjs', `--outputFile.json=${report}`]
}

function testFile(name) {
  return `test/live/${name}.test.ts`
}

/** Without columns that nobody runs any more. */
function inOrder(columns) {
  const titles = [...MACHINES, HERE].map(({ title }) => title)
  return Object.fromEntries(titles.flatMap((title) => (columns[title] === undefined ? [] : [[title, columns[title]]])))
}

/** @returns {string[]} what failed or is worse than before */
function writePage() {
  const before = known()
  let after = inOrder(before)
  const complaints = []
  const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-kernels-'))
  try {
    for (const machine of [...MACHINES, HERE]) {
      if (values.only !== undefined && !values.only.split(';').includes(machine.title)) continue
      console.log(`\n# ${machine.title}`)
      const report = path.join(folder, 'live.json')
      const status = runOn(machine, report)
      if (status === SKIPPED) continue
      if (!existsSync(report)) {
        complaints.push(`${machine.title}: no results (exit status ${status})`)
        continue
      }
      const column = columnOf(report)
      rmSync(report)
      complaints.push(...failures(machine.title, column), ...worse(machine.title, before[machine.title], column))
      const files = { ...before[machine.title]?.files, ...column.files }
      after = inOrder({ ...after, [machine.title]: { ...column, files } })
      // After each: what is known by then is kept.
      writeFileSync(PAGE, pageOf(after))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return complaints
}

if (values.help) {
  process.stdout.write(USAGE)
} else {
  const complaints = writePage()
  for (const complaint of complaints) console.error(complaint)
  process.exitCode = complaints.length > 0 ? 1 : 0
}
