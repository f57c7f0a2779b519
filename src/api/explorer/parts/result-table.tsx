import { abilities } from '../../../../networks/abilities.ts'
import type { ListedResult } from '../load/results.ts'
import { Table } from './blocks.tsx'
import { Ether, Hash, NodeName, StatusPill, VerdictPill, When } from './words.tsx'

/** Results, one a row. @param without a column that would say the same in each row */
export function ResultTable({
  caption,
  results,
  without,
  empty = 'No results.',
}: {
  caption: string
  results: readonly ListedResult[]
  without?: 'model' | 'node'
  empty?: string
}) {
  const columns = [
    { name: 'result', cell: ({ row }: ListedResult) => <Hash value={row.id} to={`/results/${row.id}`} /> },
    { name: 'status', cell: ({ row }: ListedResult) => <StatusPill status={row.status} /> },
    { name: 'our verdict', cell: ({ verdict }: ListedResult) => <VerdictPill kind={verdict} /> },
    { name: 'model', cell: ({ row }: ListedResult) => <Hash value={row.modelId} to={`/models/${row.modelId}`} /> },
    { name: 'node', cell: ({ row }: ListedResult) => <NodeName id={row.nodeId} /> },
    {
      name: 'bond',
      cell: ({ row }: ListedResult) => (abilities[row.network].challenges ? <Ether wei={row.bond} /> : '–'),
    },
    { name: 'posted', cell: ({ row }: ListedResult) => <When at={row.postedAt} /> },
  ].filter(({ name }) => name !== without)
  return (
    <Table
      caption={caption}
      head={columns.map(({ name }) => name)}
      rows={results.map((one) => columns.map(({ cell }) => cell(one)))}
      empty={empty}
    />
  )
}
