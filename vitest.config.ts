import { defineConfig } from 'vitest/config'

/** A crash of the addon takes its own forked process with it and fails one file. */
const forked = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      // Many small files that leave nothing behind: to load everything anew for each takes longer than the tests.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false, testTimeout: 60_000 } },
      { test: { name: 'native', include: ['test/native/**/*.test.ts'], ...forked } },
      // One file at a time: the tests measure what the whole machine does.
      {
        test: {
          name: 'bench',
          include: ['test/bench/**/*.test.ts'],
          fileParallelism: false,
          ...forked,
          testTimeout: 600_000,
        },
      },
      { test: { name: 'readme', include: ['test/readme/**/*.test.ts'], fileParallelism: false, ...forked } },
      // On a real Windows.
      { test: { name: 'windows-live', include: ['test/windows/live/*.test.ts'], fileParallelism: false, ...forked } },
      { test: { name: 'live', include: ['test/live/**/*.test.ts'], fileParallelism: false, ...forked } },
    ],
  },
})
