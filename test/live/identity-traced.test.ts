/** Every file whose code ordinary commands ran has a HASH equal to sha256sum's; strace says which they are. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { Collected, until } from './sensor.js'
import { codeUsedBy } from './traced.js'

const COMMANDS = `
  ls -l /etc | sort | head -3
  find /etc -maxdepth 1 -name 'h*' | xargs wc -c
  echo 'b a' | tr ' ' '\\n' | sed s/a/c/ | awk '{ print $1 }' | grep c
  tar cf - -C /etc hostname | gzip | gunzip | tar tf -
  id; date; uname -a; env | cut -c 1-3 | uniq | tail -2
  perl -MPOSIX -e 'print strftime("%Y", gmtime), "\\n"'
  python3 -c 'import ctypes, ssl, sqlite3'
  '${process.execPath}' -e '' `

test('each file that strace saw executed or mapped executable has the HASH that sha256sum has', async () => {
  const collected = await Collected.open({ events: ['NEW_PROCESS', 'MODULE_LOAD', 'CODE_IDENTITY'] })
  try {
    const files = [...codeUsedBy(COMMANDS)]
    // A shell, the commands and what they are linked with.
    expect(files.length).toBeGreaterThan(20)
    const told = () => {
      const identities = collected.events.filter((record) => isEvent(record, 'CODE_IDENTITY'))
      return new Map(identities.map(({ event }) => [event.FILE_PATH, event]))
    }
    await until(() => files.every((path) => told().has(path)), 'each file is told')

    const hashes = files.map((path) => [path, told().get(path)!.HASH])
    const sums = execFileSync('sha256sum', files, { encoding: 'utf8' })
    expect(hashes).toEqual(
      sums
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  ').reverse()),
    )
    console.log(`equal to sha256sum: ${files.length} files`)
  } finally {
    await collected.close()
  }
})
