import DataLoader from 'dataloader'

/**
 * Joins questions about single ids into one: a hundred wallets cost one query. While one is being answered, those who come
 * meanwhile are collected for the next, so that the more there are who ask, the less each of them costs. Nothing is
 * remembered.
 */
export function together<Answer>(
  load: (ids: readonly string[]) => Promise<(Answer | null)[]>,
  most: number,
): (id: string) => Promise<Answer | null> {
  let running: Promise<unknown> = Promise.resolve()
  const loader = new DataLoader<string, Answer | null>(
    (ids) => {
      const answers = load(ids)
      // One that fails keeps nobody waiting.
      running = answers.catch(() => {})
      return answers
    },
    {
      cache: false,
      maxBatchSize: most,
      // Once every request that has arrived was read: by itself DataLoader waits for no other than the present one.
      batchScheduleFn: (dispatch) => void running.then(() => setImmediate(dispatch)),
    },
  )
  return (id) => loader.load(id)
}
