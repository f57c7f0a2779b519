/** How long a page is taken from memory, in ms: below a block's time, so nobody sees an older state than the index had. */
const FRESH_MS = 250

/**
 * Makes each answer once for all who ask for it within a moment: a page that a thousand readers look at costs as much as
 * one. Bounded, oldest out first. A failure is not kept.
 *
 * @param size most answers kept
 */
export function kept<Answer>(make: (key: string) => Promise<Answer>, size: number): (key: string) => Promise<Answer> {
  const known = new Map<string, { at: number; answer: Promise<Answer> }>()
  return (key) => {
    const now = performance.now()
    const before = known.get(key)
    if (before && now - before.at < FRESH_MS) return before.answer
    known.delete(key)
    const answer = make(key)
    known.set(key, { at: now, answer })
    answer.catch(() => {
      if (known.get(key)?.answer === answer) known.delete(key)
    })
    for (const oldest of known.keys()) {
      if (known.size <= size) break
      known.delete(oldest)
    }
    return answer
  }
}
