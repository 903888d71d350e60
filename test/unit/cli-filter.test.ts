import { expect, test } from 'vitest'
import { parseFilter } from '../../lib/cli/filter-words.js'

test('words of one kind gather, from one option or several', () => {
  expect(parseFilter({ only: ['path:/usr/bin/,user:0', 'user:ada', 'cgroup:/a', 'subtree:12'] })).toEqual({
    paths: ['/usr/bin/'],
    users: ['0', 'ada'],
    cgroups: ['/a'],
    subtreeOf: 12,
  })
  expect(parseFilter({ exclude: ['path:/bin/a,path:/bin/b:c', 'user:root', 'cgroup:/x', 'self,everywhere'] })).toEqual({
    excludePaths: ['/bin/a', '/bin/b:c'],
    excludeUsers: ['root'],
    excludeCgroups: ['/x'],
    self: false,
    excludeEverywhere: true,
  })
})

test('no words are no filter', () => {
  expect(parseFilter({})).toBeUndefined()
})

test.each([
  [{ only: ['pth:/a'] }, '--only does not understand "pth:/a"; did you mean path:?'],
  [{ only: ['self'] }, /^--only does not understand "self"/],
  [{ only: ['path:'] }, /^--only does not understand "path:"/],
  [{ exclude: ['subtree:3'] }, /^--exclude does not understand/],
  [{ exclude: ['self:x'] }, /^--exclude does not understand/],
  [{ only: ['path:bin'] }, '--only path: takes a path from the root, not "bin"; write path:/bin'],
  [{ only: ['subtree:x'] }, '--only subtree: takes the number of a process, not "x"'],
  [{ only: ['subtree:1,subtree:2'] }, /one subtree: word/],
  [{ only: ['toString:/a'] }, /^--only does not understand/],
])('%j is refused', (given, message) => {
  expect(() => parseFilter(given)).toThrow(
    expect.objectContaining({
      code: 'ERR_OPTION',
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    }),
  )
})
