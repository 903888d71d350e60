#!/usr/bin/env node
/** The program `kernelwire`. */
import { dispatch } from './dispatch.js'
import { processTerminal } from './terminal.js'

// Not process.exit(): what was written must reach the reader first.
dispatch(process.argv.slice(2), processTerminal()).then((status) => {
  process.exitCode = status
})
