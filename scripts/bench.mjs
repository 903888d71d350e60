#!/usr/bin/env node
/** `npm run bench -- ARGS`: set-up, then the benchmarks (lib/bench/live/main.ts) with ARGS. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, setupOrExit } from './setup.mjs'

await setupOrExit()
await import(pathToFileURL(path.join(root, 'dist', 'bench', 'live', 'main.js')).href)
