import { expect, test } from 'vitest'
import { Consumer } from './consumer.js'

test('the package is imported', async () => {
  const { status, stdout, stderr } = await new Consumer().run('imported.mjs')
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'EXISTING_PROCESS true\n', stderr: '' })
})

test('the package is required', async () => {
  const { status, stdout, stderr } = await new Consumer().run('required.cjs')
  // Before Node 22.13, and on 20.x always, Node itself says that requiring a module is experimental.
  const own = stderr.replace(/^\(node:.*ExperimentalWarning.*\n\(Use .*\n/m, '')
  expect({ status, stdout, stderr: own }).toEqual({ status: 0, stdout: 'EXISTING_PROCESS true\n', stderr: '' })
})

test('it is loaded, opened, closed and loaded again in worker threads and in the main thread', async () => {
  const { status, stdout, stderr } = await new Consumer().run('reload.mjs')
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: '' })
})

test('an error that onBatch throws is an uncaught exception', async () => {
  const { status, stderr } = await new Consumer().run('throws.mjs')
  expect(status).toBe(1)
  expect(stderr).toMatch(/^TypeError: thrown in onBatch$/m)
})

test('a sensor keeps its program running unless it is told not to', async () => {
  const consumer = new Consumer()
  const [unreferenced, referencedAgain, referenced] = await Promise.all(
    ['unref', 'unref,ref', 'ref'].map((calls) => consumer.run('unref.mjs', calls)),
  )
  expect(unreferenced).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(referencedAgain).toEqual({ status: 0, stdout: 'held\n', stderr: '' })
  expect(referenced).toEqual({ status: 0, stdout: 'held\n', stderr: '' })
})
