/** Which test files run under Wine, and what of them cannot. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Whole files. */
export const NOT_ON_WINDOWS = [
  { file: 'test/unit/boot.test.ts', reason: 'about a file in /run, with modes and owners of Linux' },
  { file: 'test/unit/cli-completion.test.ts', reason: 'runs bash' },
  { file: 'test/unit/vm.test.ts', reason: 'runs /bin/sh' },
]

const LINUX_EVENTS = 'about what there is on Linux and not on Windows, or the other way round'
const LINUX_MODES = 'about the mode of a file, which Windows does not have'
const FIFO = 'makes a FIFO, which Windows does not have'
const SPECIAL = 'makes a file of a kind that Windows does not have, or does not let Wine make'
const NEEDS_VITEST = "replaces a module's function, as only vitest's loader can"
/** Single tests. */
export const TESTS_NOT_ON_WINDOWS = [
  { name: /^without options, the process life cycle/, reason: LINUX_EVENTS },
  { name: /^only its owner can read a recording/, reason: LINUX_MODES },
  { name: /^through a pipe it gives the same/, reason: FIFO },
  { name: /^through a pipe several recordings are refused/, reason: FIFO },
  { name: /^a stored recording with its size behind it has no known end in a pipe/, reason: FIFO },
  { name: /, it is the same from a pipe as from a file$/, reason: FIFO },
  { name: /than the \.zip says is given whole, as damaged$/, reason: FIFO },
  { name: / in the middle gives what is (there|before)$/, reason: FIFO },
  { name: /^closed while a pipe is waited for, it ends/, reason: FIFO },
  { name: /^all of it, however it is cut/, reason: FIFO },
  { name: /^what breaks off, what is foreign, what is empty/, reason: FIFO },
  { name: /^not a (symbolic link|named pipe|socket)/, reason: SPECIAL },
  { name: /^details are shown with --verbose/, reason: NEEDS_VITEST },
  { name: /^a bug is status 1, its stack shown/, reason: NEEDS_VITEST },
]

/** Relative to the project's folder. */
export function windowsTests(root) {
  return ['test/unit', 'test/windows'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  )
}
