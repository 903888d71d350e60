/** vitest's JSON results, with the reason of each skipped test in its `meta.skipped`: JSON alone would lose it. */
import { JsonReporter } from 'vitest/node'

export default class extends JsonReporter {
  constructor() {
    super({})
  }

  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, note } = test.result()
        if (state === 'skipped') test.meta().skipped = note ?? null
      }
    }
    return super.onTestRunEnd(modules)
  }
}
