/** A sensor that ends at once, for commands whose options are what a test is about. */
import { fakeStats } from '../../lib/testing/fake-stats.js'

export function fakeSensor() {
  return {
    coverage: { attachments: [] },
    stats: () => fakeStats(new Map(), 0, 0),
    close: async () => undefined,
    dump: async () => undefined,
    async *[Symbol.asyncIterator]() {},
  }
}
