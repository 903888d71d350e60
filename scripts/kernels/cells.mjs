/**
 * What a run of live tests says of a kernel, and where that is less than before.
 *
 * @typedef {{ state: 'works' | 'degraded' | 'impossible', rungs: string[], live: string }} EventCell `live`: vitest's
 *   word for the test that it comes where doctor says so.
 * @typedef {{ passed: number, failed: number, skipped: number }} FileCell
 * @typedef {{ release: string, events: Record<string, EventCell>, files: Record<string, FileCell> }} Column
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const STATES = ['impossible', 'degraded', 'works']

/** @param {string} report vitest's JSON @returns {Column} */
export function columnOf(report) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const column = { release: '', events: {}, files: {} }
  for (const { name, assertionResults } of testResults) {
    const count = (status) => assertionResults.filter((test) => test.status === status).length
    const [passed, failed] = [count('passed'), count('failed')]
    const skipped = assertionResults.length - passed - failed
    column.files[path.basename(name, '.test.ts')] = { passed, failed, skipped }
    for (const { title, status, meta } of assertionResults) {
      if (meta?.doctor === undefined) continue
      const { release, state, rungs } = meta.doctor
      column.release = release
      column.events[title.split(' ', 1)[0]] = { state, rungs, live: status }
    }
  }
  return column
}

/** Where it gives less than before. @param {string} title @param {Column | undefined} before @param {Column} after */
export function worse(title, before, after) {
  const events = Object.entries(after.events).flatMap(([name, { state }]) => {
    const then = before?.events[name]?.state
    return STATES.indexOf(state) < STATES.indexOf(then) ? [`${name} on ${title}: ${then} before, ${state} now`] : []
  })
  const files = Object.entries(after.files).flatMap(([name, { skipped }]) => {
    const then = before?.files?.[name]?.skipped ?? skipped
    return skipped > then ? [`${name} on ${title}: ${then} skipped before, ${skipped} now`] : []
  })
  return [...events, ...files]
}

/** @param {string} title @param {Column} column */
export function failures(title, { files }) {
  return Object.entries(files).flatMap(([name, { failed }]) =>
    failed > 0 ? [`${name} on ${title}: ${failed} failed`] : [],
  )
}
