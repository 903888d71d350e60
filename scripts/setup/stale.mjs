/** What a build has to be repeated for: its inputs are newer than its output, or it has no output. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** @param {string} output @param {readonly string[]} inputs files and folders, these with all they hold */
export function isStale(output, inputs) {
  const made = modified(output)
  return made === undefined || inputs.some((input) => newest(input) > made)
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs
}

// A folder counts too: its own time tells that a file was removed from it.
function newest(input) {
  const stat = statSync(input, { throwIfNoEntry: false })
  if (!stat) return Number.NEGATIVE_INFINITY
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(input).reduce((time, name) => Math.max(time, newest(path.join(input, name))), stat.mtimeMs)
}

/**
 * Whether node_modules differs from package-lock.json. npm keeps what it installed in node_modules/.package-lock.json
 * and writes that file last, so an interrupted installation has none.
 */
export function isNpmStale(root) {
  const wanted = packages(path.join(root, 'package-lock.json'))
  const installed = packages(path.join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !installed) return true
  return Object.entries(wanted).some(([name, { version, integrity, optional }]) => {
    const there = installed[name]
    if (name === '' || (optional && !there)) return false
    return there?.version !== version || there?.integrity !== integrity
  })
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}
