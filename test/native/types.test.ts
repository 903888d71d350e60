import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Consumer } from '../live/consumer.js'

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
const NODE_TYPES = fileURLToPath(new URL('../../node_modules/@types', import.meta.url))

/** The second line of each loop is wrong: an error there says that the types were found. */
const IN_THE_LOOP = `
    for (const record of batch) {
      if (kernelwire.isEvent(record, 'NEW_PROCESS')) console.log(record.event.FILE_PATH?.length)
      // @ts-expect-error: not a member
      console.log(record.event.NOTHING)
    }
`

test('a project in TypeScript finds the types, whichever way it loads the package', async () => {
  const consumer = new Consumer()
  const options = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [NODE_TYPES],
  }
  consumer.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['typed.mts', 'typed.cts'] }))
  consumer.write(
    'typed.mts',
    `import * as kernelwire from 'kernelwire'
     for await (const batch of await kernelwire.openSensor()) {${IN_THE_LOOP}}`,
  )
  consumer.write(
    'typed.cts',
    `import kernelwire = require('kernelwire')
     export async function run(): Promise<void> {
       for await (const batch of await kernelwire.openSensor()) {${IN_THE_LOOP}}
     }`,
  )
  const { status, stdout } = await consumer.run(TSC, '-p', consumer.folder)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
