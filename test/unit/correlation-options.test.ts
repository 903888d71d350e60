import { describe, expect, test } from 'vitest'
import { parseCorrelation } from '../../lib/cli/correlation-words.js'
import { validateCorrelation } from '../../lib/correlate/options.js'

describe('correlation', () => {
  test('rules and a window are taken as they are', () => {
    const options = {
      sensitive: [{ path: '/usr/bin/vault', user: 0 }],
      ignore: [{ user: 'backup' }],
      injectionWindowMs: 0,
    }
    expect(validateCorrelation(options)).toEqual(options)
    expect(validateCorrelation(undefined)).toEqual({})
    expect(validateCorrelation({ ignore: [] })).toEqual({ ignore: [] })
  })

  test.each([
    [[], '"correlation" must be an object'],
    [{ sensitve: [] }, 'no option of "correlation" is called "sensitve"'],
    [{ ignore: '/bin/gdb' }, '"ignore" of "correlation" must be an array of rules'],
    [{ ignore: ['/bin/gdb'] }, 'a rule of "ignore" must be an object'],
    [{ ignore: [{}] }, 'a rule of "ignore" needs a path or a user'],
    [{ ignore: [{ file: '/bin/gdb' }] }, 'no option of a rule of "ignore" is called "file"'],
    [{ sensitive: [{ path: 'vault' }] }, 'the path of a rule of "sensitive" must be absolute'],
    [{ sensitive: [{ path: '*vault' }] }, 'the path of a rule of "sensitive" must be absolute'],
    [{ sensitive: [{ user: -1 }] }, 'the user of a rule of "sensitive" must be a name or a number'],
    [{ injectionWindowMs: 1.5 }, '"injectionWindowMs" of "correlation" must be a whole number'],
  ])('%j is refused', (options, message) => {
    expect(() => validateCorrelation(options as object)).toThrow(message)
  })
})

test('on the command line a rule is a path, a user, or both', () => {
  const values = {
    sensitive: ['/usr/bin/vault', '*/agent@1000', '@backup', '/srv/a@b/c'],
    ignore: ['/usr/bin/gdb@root'],
    'injection-window': '3s',
  }
  expect(parseCorrelation(values, String)).toEqual({
    sensitive: [
      { path: '/usr/bin/vault' },
      { path: '*/agent', user: 1000 },
      { user: 'backup' },
      { path: '/srv/a@b/c' },
    ],
    ignore: [{ path: '/usr/bin/gdb', user: 'root' }],
    injectionWindowMs: 3_000,
  })
  expect(parseCorrelation({}, String)).toBeUndefined()
})
