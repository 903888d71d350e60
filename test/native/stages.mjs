/** One stage of the addon's life for each name: run as a process of its own by life-cycle.test.ts. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort, Worker } from 'node:worker_threads'

const require = createRequire(import.meta.url)
const load = () => require('../../build/Release/addon.node')
const OPTIONS = {
  ringBytes: 2 ** 20,
  asks: 0,
  ladders: [[['process_exit']], [['process_fork']]],
}
/** A file that nobody finds. */
const WISH = {
  id: 1,
  uid: 0,
  identity: new Uint32Array(12),
  pid: 0,
  startLow: 0,
  startHigh: 0,
  isExecuted: false,
  isDoubtful: false,
  path: '/usr/bin/env',
  limitBytes: 2 ** 30,
  bytesPerSecond: 2 ** 30,
  allowsRemote: false,
}
const MORE = [[['remote_thread']], [['access_ptrace']], [['module_exec']]]

/** What this process still has of the addon's: maps, programs and links in the kernel, and threads. */
function leftBehind() {
  const descriptors = readdirSync('/proc/self/fd').filter((fd) => fd > 2)
  const files = descriptors.map((fd) => textOf(() => readlinkSync(`/proc/self/fd/${fd}`)))
  const threads = readdirSync('/proc/self/task').map((id) => textOf(() => readFileSync(`/proc/self/task/${id}/comm`)))
  const hashers = readdirSync('/proc').filter((pid) => isHasherOfOurs(pid))
  return [
    ...hashers,
    ...files.filter((file) => /bpf|socket/.test(file)),
    ...threads.filter((name) => name === 'kernelwire'),
  ]
}

/** A zombie, too. */
function isHasherOfOurs(pid) {
  const [, name, parent] = /\((.*)\) . (\d+)/.exec(textOf(() => readFileSync(`/proc/${pid}/stat`))) ?? []
  return name === 'kernelwire-hash' && Number(parent) === process.pid
}

async function hashing() {
  const hasher = new (load().Hasher)(() => {})
  const failure = await hasher.start()
  if (failure !== undefined) throw new Error(failure)
  hasher.ask(WISH)
  return hasher
}

/** '' for what is gone by now. */
function textOf(read) {
  try {
    return read().toString().trim()
  } catch {
    return ''
  }
}

async function opened(onAnswer = () => {}) {
  const source = new (load().Source)(OPTIONS, onAnswer)
  const result = await source.open()
  if ('step' in result) throw new Error(`cannot open: ${result.step}: ${result.reason}`)
  return { source, ...result }
}

const STAGES = {
  'loaded twice': () => {
    const first = load()
    delete require.cache[require.resolve('../../build/Release/addon.node')]
    if (load().Source === undefined || first.Source === undefined) throw new Error('it exports nothing')
  },
  'loaded by two threads at once': async () => {
    const { source } = await opened()
    await terminated('waits')
    if (source.scan() < 0 || leftBehind().length === 0) throw new Error('it is not open any more')
    source.close()
  },
  'never opened': () => {
    ;new (load().Source)(OPTIONS, () => {})
  },
  'used before it is open': () => {
    const source = new (load().Source)(OPTIONS, () => {})
    source.release(3)
    source.waitForRecord(1)
    source.pause(1)
    source.interrupt()
    source.detach()
    if (source.scan() !== 0 || !source.isDrained()) throw new Error('it has something')
    source.close()
    source.close()
  },
  'closed while it opens': async () => {
    const source = new (load().Source)(OPTIONS, () => {})
    const opening = source.open()
    source.close()
    await opening
    source.close()
  },
  'closed while it waits': async () => {
    const { source } = await opened()
    source.waitForRecord(60_000)
    source.close()
  },
  'emptied when it is closed': async () => {
    const { source, ring, counters } = await opened()
    source.close()
    if (ring.byteLength !== 0 || counters.byteLength !== 0) throw new Error('its memory is still there')
    if (source.scan() !== 0) throw new Error('it has something')
  },
  'closed while a snapshot is taken': async () => {
    const { source } = await opened()
    const snapshot = source.takeSnapshot()
    source.detach()
    source.close()
    if ((await snapshot).records.byteLength === 0) throw new Error('no processes')
  },
  'extended and restricted': async () => {
    const { source } = await opened()
    const links = () => source.programs().filter(({ attached }) => attached).length
    const before = links()
    await source.extend(15, [...OPTIONS.ladders, ...MORE])
    if (links() <= before) throw new Error('nothing was attached')
    await source.restrict(0, OPTIONS.ladders)
    if (links() !== before) throw new Error('something stayed attached')
    source.close()
    await source.extend(0, MORE)
  },
  'closed while it is extended': async () => {
    const { source } = await opened()
    const extended = source.extend(15, MORE)
    source.detach()
    source.close()
    await extended
    await new Promise((resolve) => setImmediate(resolve))
  },
  'exited while it is extended': async () => {
    const { source } = await opened()
    void source.extend(15, MORE)
    process.exit(0)
  },
  'collected unclosed': async () => {
    for (let i = 0; i < 3; i++) await opened()
    if (leftBehind().length === 0) throw new Error('it was not open')
    for (let i = 0; i < 100 && leftBehind().length > 0; i++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  },
  'exited while it is open': async () => {
    const { source } = await opened()
    source.waitForRecord(60_000)
    process.exit(0)
  },
  'exited while it opens': () => {
    void new (load().Source)(OPTIONS, () => {}).open()
    process.exit(0)
  },
  'closed while it hashes': async () => {
    const hasher = await hashing()
    await hasher.close()
    await hasher.close()
    if (hasher.isRunning() || hasher.ask(WISH)) throw new Error('it is not closed')
  },
  'closed while it starts to hash': async () => {
    const hasher = new (load().Hasher)(() => {})
    const started = hasher.start()
    await hasher.close()
    await started
  },
  'exited while it hashes': async () => {
    await hashing()
    process.exit(0)
  },
  'in a worker that is terminated while it hashes': () => terminated('hashes'),
  'in a worker that is terminated while it opens': () => terminated('opens'),
  'in a worker that is terminated while it waits': () => terminated('waits'),
  'in a worker that is terminated in the middle of its calls': () => terminated('calls'),
  'in a worker that is terminated while a snapshot is taken': () => terminated('takes a snapshot'),
  'in a worker that is terminated while it is extended': () => terminated('extends'),
  'in a worker that is terminated after it was closed': () => terminated('closes'),
  'in a worker that ends with it open': () => terminated('ends'),
}

/** Runs this file in a worker thread, and ends that when it says that it is there. */
async function terminated(stage) {
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(import.meta.url), { argv: [stage] })
    await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    // Each round a little later: an open takes some hundred milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 80 * round))
    await worker.terminate()
  }
}

const IN_WORKER = {
  opens: (there) => {
    void new (load().Source)(OPTIONS, () => {}).open()
    there()
  },
  waits: async (there) => {
    const { source } = await opened()
    source.waitForRecord(60_000)
    there()
  },
  hashes: async (there) => {
    await hashing()
    there()
  },
  calls: async (there) => {
    const { source } = await opened()
    const hasher = await hashing()
    there()
    for (;;) {
      source.release(source.scan())
      source.programs()
      source.missedRuns()
      hasher.isRunning()
      if (hasher.takeAnswers().length > 0) hasher.ask(WISH)
    }
  },
  'takes a snapshot': async (there) => {
    const { source } = await opened()
    void source.takeSnapshot()
    there()
  },
  extends: async (there) => {
    const { source } = await opened()
    void source.extend(15, MORE)
    there()
  },
  closes: async (there) => {
    const { source } = await opened()
    source.waitForRecord(60_000)
    source.close()
    there()
  },
  ends: async (there) => {
    const { source } = await opened()
    source.unref()
    there()
  },
}

const stage = process.argv[2]
if (stage in STAGES) {
  await STAGES[stage]()
  const left = leftBehind()
  if (left.length > 0) throw new Error(`it left behind: ${left}`)
} else {
  await IN_WORKER[stage](() => parentPort.postMessage('there'))
}
