import { expect, it } from 'vitest'
import { dueDemands, type NextMove, nextMove } from '../../node/next-move.ts'
import { type ContractStatus, contractStatuses, type DemandStatus } from '../../protocol/status.ts'

// Deadline and window both end with second 100, which still counts as inside.
const table: Record<ContractStatus, { before: NextMove; last: NextMove; after: NextMove }> = {
  none: { before: 'wait', last: 'wait', after: 'wait' },
  requested: { before: 'post', last: 'over', after: 'over' },
  posted: { before: 'wait', last: 'wait', after: 'finalize' },
  challenged: { before: 'reveal', last: 'wait', after: 'wait' },
  revealed: { before: 'wait', last: 'wait', after: 'finalize' },
  rejected: { before: 'over', last: 'over', after: 'over' },
  finalized: { before: 'over', last: 'over', after: 'over' },
  expired: { before: 'over', last: 'over', after: 'over' },
}

it.each(contractStatuses)('knows what to do about a request that is %s', (status) => {
  const at = (now: bigint) => nextMove({ status, deadline: 100n, windowEnd: 100n, demands: [] }, now)
  expect({ before: at(99n), last: at(100n), after: at(101n) }).toEqual(table[status])
})

it('supplies what is demanded while there is time, and settles what it supplied once its result stands', () => {
  const move = (status: ContractStatus, demand: DemandStatus, now: bigint) =>
    nextMove({ status, deadline: 0n, windowEnd: 100n, demands: [{ status: demand, until: 80n }] }, now)
  expect([79n, 80n, 100n, 101n].map((now) => move('revealed', 'open', now))).toEqual([
    ...['supply', 'wait', 'wait', 'finalize'],
  ])
  for (const demand of ['supplied', 'paid', 'returned'] as const) {
    expect(move('revealed', demand, 79n)).toBe('wait')
    expect(move('finalized', demand, 101n)).toBe(demand === 'supplied' ? 'settle' : 'over')
    expect(move('rejected', demand, 101n)).toBe('over')
  }
  expect(move('finalized', 'open', 101n)).toBe('over')
})

it('supplies all that is due, most urgent first', () => {
  const demands = ([90n, 70n, 80n] as const).map((until) => ({ status: 'open' as const, until }))
  const due = (now: bigint) => dueDemands('supply', demands, now).map(({ until }) => until)
  expect(due(60n)).toEqual([70n, 80n, 90n])
  expect(due(70n)).toEqual([80n, 90n])
  expect(due(90n)).toEqual([])
})
