/** Which test files run under Wine, and what of them cannot. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Of files that tests of the unit suite cannot be without. */
export const NOT_ON_WINDOWS = [
  { file: 'test/unit/boot.test.ts', reason: 'about a file in /run, with modes and owners of Linux' },
  { file: 'test/unit/cli-completion.test.ts', reason: 'runs bash' },
  { file: 'test/unit/vm.test.ts', reason: 'runs /bin/sh' },
]
/** Single tests. */
export const NOT_WITHOUT_VITEST = [
  { name: /^details are shown with --verbose/, reason: "replaces a module's function, as only vitest's loader can" },
  { name: /^a bug is status 1, its stack shown/, reason: "replaces a module's function, as only vitest's loader can" },
]

/** Relative to the project's folder. */
export function windowsTests(root) {
  return ['test/unit', 'test/windows'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  )
}
