/**
 * What a suite came to: from vitest's JSON and the exit status of the process that wrote it.
 *
 * @typedef {{ name: string, passed: number, failed: number, failures: string[],
 *   skipped: { test: string, reason: string }[] }} Results
 */
import { readFileSync } from 'node:fs'

/** @param {string} name @param {Partial<Results>} [parts] @returns {Results} */
export function results(name, parts) {
  return { name, passed: 0, failed: 0, failures: [], skipped: [], ...parts }
}

/** A suite in which something went wrong that no test tells of. */
export function crashed(name, why) {
  return results(name, { failed: 1, failures: [why] })
}

/** @param {string} name @param {string} file vitest's JSON @param {string} ending how its process ended, '' if well */
export function readResults(name, file, ending) {
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return crashed(name, `no results: ${ending || 'its process ended well but wrote none'}`)
  }

  const found = results(name)
  for (const { assertionResults, status, name: testFile, message } of report.testResults) {
    for (const test of assertionResults) count(found, test)
    // A file that could not even be loaded has no tests to tell of.
    const told = assertionResults.some((test) => test.status === 'failed')
    if (status === 'failed' && !told) fail(found, `${testFile}: ${message || 'failed outside its tests'}`)
  }
  if (found.passed + found.failed + found.skipped.length === 0) fail(found, 'ran no test')
  if (ending && found.failed === 0) fail(found, `${ending} although no test failed`)
  return found
}

function count(found, { status, fullName, meta }) {
  const test = fullName.trim()
  if (status === 'passed') found.passed++
  else if (status === 'failed') fail(found, test)
  else found.skipped.push({ test, reason: meta?.skipped || (status === 'todo' ? 'to do' : 'no reason given') })
}

function fail(found, why) {
  found.failed++
  found.failures.push(why)
}

/** Says of one machine's results which it was. `complaints` have failed too. @returns {Results} */
export function onlyHere(machine, found, complaints) {
  const failures = [...found.failures.map((why) => `${machine}: ${why}`), ...complaints]
  const skipped = found.skipped.map(({ test, reason }) => ({ test: `${machine}: ${test}`, reason }))
  return { ...found, failed: failures.length, failures, skipped }
}

/** @param {string} name @param {readonly Results[]} parts @returns {Results} */
export function together(name, parts) {
  return results(name, {
    passed: parts.reduce((sum, { passed }) => sum + passed, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    failures: parts.flatMap(({ failures }) => failures),
    skipped: parts.flatMap(({ skipped }) => skipped),
  })
}

/** How the reason of a skip begins that the machine explains: what it does not do at all is nobody's failure. */
export const EXPLAINED = "the machine's own: "

/** Where a suite must run in full, what it skipped has failed, unless the machine explains it. @param {Results} suite @returns {Results} */
export function requireAll(suite) {
  const isExplained = ({ reason }) => reason.startsWith(EXPLAINED)
  const unexplained = suite.skipped.filter((skip) => !isExplained(skip))
  const failures = unexplained.map(({ test, reason }) => `${test}: skipped (${reason}), but required`)
  return {
    ...suite,
    failed: suite.failed + failures.length,
    failures: [...suite.failures, ...failures],
    skipped: suite.skipped.filter(isExplained),
  }
}

/** @param {readonly Results[]} suites */
export function summary(suites) {
  const total = (count) => suites.reduce((sum, suite) => sum + count(suite), 0)
  const numbers = [
    total((suite) => suite.passed),
    total((suite) => suite.failed),
    total((suite) => suite.skipped.length),
  ]
  const lines = [
    '',
    row('suite', 'passed', 'failed', 'skipped'),
    ...suites.map((suite) => row(suite.name, suite.passed, suite.failed, suite.skipped.length)),
    '',
    ...suites.flatMap((suite) => suite.failures.map((why) => `failed  ${suite.name}: ${why}`)),
    ...suites.flatMap((suite) => suite.skipped.map(({ test, reason }) => `skipped ${suite.name}: ${test} (${reason})`)),
    `${numbers[0]} passed, ${numbers[1]} failed, ${numbers[2]} skipped`,
  ]
  return lines.join('\n')
}

function row(name, ...numbers) {
  return name.padEnd(10) + numbers.map((number) => String(number).padStart(9)).join('')
}
