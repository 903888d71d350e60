/** The import table of the shipped addon: what a Windows must have to load it. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importsOf } from './imports.js'
import { TRACING } from './stand-in.js'

const ADDON = fileURLToPath(new URL('../../prebuilds/win32-x64/node.napi.node', import.meta.url))
const file = readFileSync(ADDON)
const imported = importsOf(file)

/** All that Windows 8.1 has of tracing, as evntrace.h, evntprov.h and tdh.h name it. */
const TRACING_NAMES =
  /\b(?:(?:Start|Stop|Control|Query|Update|Flush|Open)Trace[AW]|(?:Close|Process)Trace|EnableTrace(?:Ex2?)?|QueryAllTraces[AW]|Trace(?:Set|Query)Information|TraceGuid\w+|Enumerate(?:Trace\w+|\w+Guids\w*)|EventAccess\w+|Event(?:Register|Write|Unregister)\w*|Tdh[A-Z]\w+)\b/g

test('all tracing functions are imported when the addon is loaded, none is looked up later', () => {
  expect(imported.get('advapi32.dll')).toEqual(expect.arrayContaining(TRACING))
  const all = [...imported.values()].flat()
  const named = file.toString('latin1').match(TRACING_NAMES) ?? []
  // One that is looked up by its name has that name somewhere else, or twice.
  expect(named.sort()).toEqual(all.filter((name) => name.match(TRACING_NAMES) !== null).sort())
  expect(new Set(named).size).toBe(TRACING.length)
})

test('it needs no library that a Windows 8.1 lacks, and Node is found later, whatever it is called', () => {
  expect([...imported.keys()].sort()).toEqual([
    'advapi32.dll',
    'bcrypt.dll',
    'crypt32.dll',
    'kernel32.dll',
    'msvcrt.dll',
    'ntdll.dll',
    'version.dll',
    'wintrust.dll',
  ])
})
