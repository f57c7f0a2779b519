import DataLoader from 'dataloader'

/**
 * Joins questions about single ids that come in at the same time into one: a hundred wallets cost one query. Nothing is
 * remembered.
 */
export function together<Answer>(
  load: (ids: readonly string[]) => Promise<(Answer | null)[]>,
  most: number,
): (id: string) => Promise<Answer | null> {
  const loader = new DataLoader<string, Answer | null>(load, {
    cache: false,
    maxBatchSize: most,
    // Once every request that has arrived was read: by itself DataLoader waits for no other than the present one.
    batchScheduleFn: (dispatch) => setImmediate(dispatch),
  })
  return (id) => loader.load(id)
}
