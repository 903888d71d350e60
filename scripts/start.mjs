#!/usr/bin/env node
/**
 * `npm start -- ARGS`: set-up, then the command line with ARGS. Without a command among them, `watch`.
 *
 * The command line runs in this very process: its exit status and its signals are ours.
 */
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { root, setupOrExit } from './setup.mjs'

const SAME_KEY_MS = 250

/**
 * Ctrl-C reaches every process of the terminal, and npm sends us its own on top: both are one wish to end. (The `exec`
 * in package.json makes us npm's child; with a shell between, that shell would die of npm's SIGTERM and leave us.)
 */
function joinDoubledSignals() {
  const emit = process.emit
  let last = Number.NEGATIVE_INFINITY
  process.emit = (name, ...rest) => {
    if (name === 'SIGINT') {
      const now = performance.now()
      if (now - last < SAME_KEY_MS) return true
      last = now
    }
    return emit.call(process, name, ...rest)
  }
}

await setupOrExit()

if (process.env.npm_lifecycle_event === 'start') joinDoubledSignals()
const main = path.join(root, 'dist', 'cli', 'main.js')
const args = process.argv.slice(2)
// A word is taken for a command; if it is none, the command line knows better how to say so.
const hasCommand = args[0] !== undefined && !args[0].startsWith('-')
process.argv = [process.argv[0], main, ...(hasCommand ? args : ['watch', ...args])]
await import(pathToFileURL(main).href)
