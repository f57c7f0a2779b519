/**
 * Remembers answers for a moment and joins those who ask meanwhile: a page that asks one thing a thousand times a second
 * costs one query. An answer's age counts from when its query began, so nobody sees an older state than `freshMs` ago.
 * Bounded, oldest out first. A failure is not remembered.
 *
 * @param freshMs how long an answer may be given, in milliseconds
 * @param size most answers kept
 * @param now milliseconds
 */
export function recent<Answer>(
  { freshMs, size }: { freshMs: number; size: number },
  now: () => number = performance.now.bind(performance),
): (key: string, load: () => Promise<Answer>) => Promise<Answer> {
  const known = new Map<string, { at: number; answer: Promise<Answer> }>()
  return (key, load) => {
    const before = known.get(key)
    const at = now()
    if (before && at - before.at < freshMs) return before.answer
    known.delete(key)
    const answer = load()
    known.set(key, { at, answer })
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
