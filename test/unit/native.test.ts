import { expect, test } from 'vitest'
import { checked } from '../../lib/native.js'

test.each([{}, { faceNumber: 0 }, { faceNumber: 1e9 }])('an addon of another version is refused: %j', (addon) => {
  expect(() => checked(addon, '/there/')).toThrow(
    expect.objectContaining({
      code: 'ERR_NO_ADDON',
      message:
        'the native addon is of another version than the library; build it anew with: node /there/scripts/build-native.cjs',
    }),
  )
})
