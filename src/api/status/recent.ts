/** How long an answer is taken from memory, in ms: below a block's time, so nobody sees an older state than the index had. */
export const FRESH_MS = 250

/**
 * Remembers answers for a moment and joins those who ask meanwhile: a wallet's page that asks for one result a thousand
 * times a second costs one query. Bounded, oldest out first. A failure is not remembered.
 *
 * @param size most answers kept
 * @param now milliseconds
 */
export function recently<Answer>(
  load: (id: string) => Promise<Answer>,
  size: number,
  now: () => number = performance.now.bind(performance),
): (id: string) => Promise<Answer> {
  const known = new Map<string, { at: number; answer: Promise<Answer> }>()
  return (id) => {
    const before = known.get(id)
    if (before && now() - before.at < FRESH_MS) return before.answer
    known.delete(id)
    const answer = load(id)
    known.set(id, { at: now(), answer })
    answer.catch(() => {
      if (known.get(id)?.answer === answer) known.delete(id)
    })
    for (const oldest of known.keys()) {
      if (known.size <= size) break
      known.delete(oldest)
    }
    return answer
  }
}
