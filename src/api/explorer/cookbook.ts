/** A question that people have, and the query that answers it. */
export interface Recipe {
  readonly id: string
  readonly question: string
  readonly query: string
}

/** Queries of `docs/query.md` that need no id, so that a page can answer them. */
export const cookbook: readonly Recipe[] = [
  {
    id: 'latest',
    question: 'What are the latest results, and can they be relied on?',
    query: `{ results(first: 5) { items {
  id status windowEnd
  model { uri }
  replay { verdict distance tolerance reason }
} } }`,
  },
  {
    id: 'losers',
    question: 'Which nodes lose bonds?',
    query: `{ nodes(first: 10) { items {
  id freeBond lockedBond slashed resultCount finalizedCount rejectedCount
} } }`,
  },
  {
    id: 'rewards',
    question: 'Who earns challenge rewards?',
    query: `{ payouts(where: { reason: reward }, first: 10) { items {
  amount account { id } result { node { id } }
} } }`,
  },
  {
    id: 'convictions',
    question: 'Which results did the contract itself convict, and by what?',
    query: `{ challenges(where: { cause: conviction }, first: 5) { items {
  challenger { id }
  result { id conviction { convictor { id } proofHash }
    replay { finding { kind claim operator entry element reason } } }
} } }`,
  },
  {
    id: 'demands',
    question: 'Which demands can be settled, or claimed as withheld once their time is over?',
    query: `{ demands(where: { status: [open, supplied] }, first: 10) { items {
  id status until result { id status }
} } }`,
  },
  {
    id: 'watcher',
    question: 'What has this watcher done?',
    query: `{ watcher { observed valid invalid undetermined unchecked challenges openActions gasPaid }
  index { blockNumber } }`,
  },
]
