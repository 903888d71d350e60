/** The word that was probably meant, for error messages. */

/** Longer words are no slip of the keyboard, and would take their time. */
const CHARACTERS_MAX = 64

/** The closest candidate, or undefined when none is close enough to be a slip of the keyboard. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > CHARACTERS_MAX) return undefined
  const typed = word.toLowerCase()
  let best: string | undefined
  let least = Math.min(4, Math.max(2, Math.floor(typed.length / 2))) + 1
  for (const candidate of candidates) {
    const distance = edits(typed, candidate.toLowerCase())
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Levenshtein distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

/** `did you mean X?`, or the whole choice when nothing is near. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates)
  return meant === undefined ? `the choice is ${candidates.join(', ')}` : `did you mean ${meant}?`
}
