/** The kernels of docs/kernels.md, and what of the live suite runs on each of them. */

/** Every event, by what doctor says of it; and of these that depend on the kernel most, each way that they come about. */
export const ESSENTIAL = ['every-event', 'storm', 'named-pipe', 'remote-handle', 'remote-thread', 'sensitive-access']

/** Beside these, on the one kernel that everybody tests on. */
const MORE = [
  'act-storm',
  'attached',
  'kernel-module',
  'module-storm',
  'new-process',
  'terminate-process',
  'arguments',
  'environment',
  'extended',
  'fork-rule',
  'module-load',
]

/**
 * Storms are made for machines; an emulated one has a tenth of their speed. Long forms are for one kernel, and what is skipped
 * on one of these stands on the page.
 */
const ENVIRONMENT = ['KERNELWIRE_STORM_SCALE=0.05', 'KERNELWIRE_ALL=', 'KERNELWIRE_REQUIRE=']

export const MACHINES = [
  { title: '6.1', kernel: '6.1', append: '', files: [...ESSENTIAL, ...MORE] },
  {
    title: '6.1, lockdown=integrity',
    kernel: '6.1',
    append: 'lockdown=integrity',
    files: ['every-event', 'remote-thread'],
  },
  { title: '6.1, lockdown=confidentiality', kernel: '6.1', append: 'lockdown=confidentiality', files: ['every-event'] },
  { title: '6.12, preempt=full', kernel: '6.12', append: 'preempt=full', files: ESSENTIAL },
  { title: '7.2', kernel: '7.2', append: '', files: ESSENTIAL },
  { title: '5.10', kernel: '5.10', append: '', files: ['every-event'] },
]

/**
 * What scripts/vm.mjs gets to run them.
 *
 * @param {{ kernel: string, append: string }} machine
 * @param {{ files: readonly string[], report: string, seconds: number }} wanted `files`: none are all.
 */
export function vmArguments({ kernel, append }, { files, report, seconds }) {
  const options = ['--kernel', kernel, '--append', append, '--timeout', `${seconds}`]
  const environment = ENVIRONMENT.flatMap((entry) => ['--env', entry])
  return [...options, ...environment, '--suite', 'live', '--only', files.join(','), '--json', report]
}
