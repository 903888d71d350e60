/** What is said of many measurements of one thing: their median, and how far they lie apart. */

export interface Summary {
  median: number
  /** The lowest and the highest of them. */
  spread: readonly [number, number]
  samples: number
}

export function summary(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('nothing was measured')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, spread: [sorted[0]!, sorted.at(-1)!], samples: sorted.length }
}

/** One ratio for each pair, since the two of a pair were measured one after the other. */
export function ratios(above: readonly number[], below: readonly number[]): number[] {
  return above.map((value, i) => value / below[i]!)
}
