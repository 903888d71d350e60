// The stall suite with a consumer that is broken.
import { fileURLToPath } from 'node:url'
import { ours } from '../../../dist/bench/live/storms/contestants.js'
import { stallOf } from '../../../dist/bench/live/storms/stall.js'
import { undo, undoAtExit } from '../../../dist/bench/live/undo.js'
import { runSuites } from '../../../dist/bench/run.js'
import { processTerminal } from '../../../dist/cli/terminal.js'

undoAtExit()
const consumer = fileURLToPath(new URL('broken_consumer.mjs', import.meta.url))
const options = { quick: true, json: true, isRequired: false }
const { isSound } = await runSuites([stallOf([ours(consumer)])], options, processTerminal())
undo()
process.exitCode = isSound ? 0 : 1
