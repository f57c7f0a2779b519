import { expect, it } from 'vitest'
import { type NextMove, nextMove } from '../../node/next-move.ts'
import { type Status, statuses } from '../../protocol/status.ts'

// Deadline and window both end with second 100, which still counts as inside.
const table: Record<Status, { before: NextMove; last: NextMove; after: NextMove }> = {
  none: { before: 'wait', last: 'wait', after: 'wait' },
  requested: { before: 'post', last: 'over', after: 'over' },
  posted: { before: 'wait', last: 'wait', after: 'finalize' },
  challenged: { before: 'reveal', last: 'wait', after: 'wait' },
  revealed: { before: 'wait', last: 'wait', after: 'finalize' },
  rejected: { before: 'over', last: 'over', after: 'over' },
  finalized: { before: 'over', last: 'over', after: 'over' },
  expired: { before: 'over', last: 'over', after: 'over' },
}

it.each(statuses)('knows what to do about a request that is %s', (status) => {
  const at = (now: bigint) => nextMove({ status, deadline: 100n, windowEnd: 100n }, now)
  expect({ before: at(99n), last: at(100n), after: at(101n) }).toEqual(table[status])
})
