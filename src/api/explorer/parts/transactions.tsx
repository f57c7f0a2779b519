import { whole } from '../amounts.ts'
import type { ResultMatter } from '../load/result.ts'
import { Table } from './blocks.tsx'
import { FullHash, When } from './words.tsx'

/** Every transaction that the index knows of a request and its result, in the order of their blocks. */
export function Transactions({ matter: { timeline, demands, appeals } }: { matter: ResultMatter }) {
  const moves = timeline.map(({ to, timestamp, blockNumber, transactionHash }) => ({
    ...{ what: to as string, at: timestamp, blockNumber, hash: transactionHash },
  }))
  const demanded = demands.map(({ demandedAt, blockNumber, transactionHash }) => ({
    ...{ what: 'demand', at: demandedAt, blockNumber, hash: transactionHash },
  }))
  const appealed = appeals.map(({ appealedAt, blockNumber, transactionHash }) => ({
    ...{ what: 'appeal', at: appealedAt, blockNumber, hash: transactionHash },
  }))
  const all = [...moves, ...demanded, ...appealed].sort((a, b) => Number(a.blockNumber - b.blockNumber))
  return (
    <Table
      caption="Transactions of this request and its result"
      head={['what', 'when', 'block', 'transaction']}
      rows={all.map(({ what, at, blockNumber, hash }) => [
        what,
        <When at={at} />,
        whole(blockNumber),
        <FullHash value={hash} />,
      ])}
      empty="None is known."
    />
  )
}
