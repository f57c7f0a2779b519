import type { Selectable } from 'kysely'
import type { Journal } from './open.ts'
import type { OperatorGraphTable } from './tables.ts'

export type OperatorGraph = Selectable<OperatorGraphTable>

/** An operator as a drawing shows it. Texts are a stranger's, cut. */
export interface ShownOperator {
  readonly type: string
  readonly name: string
  /** trace entries that it reads */
  readonly inputs: readonly number[]
  /** its first trace entry, and how many it makes */
  readonly first: number
  readonly outputs: number
  /** whether the contract can check it */
  readonly provable: boolean
}

/** Most operators that are recorded of a file, and most operands of one. */
export const MOST_SHOWN = 1000
const MOST_INPUTS = 32
/** Longest type and name, in UTF-16 units. */
const LONGEST = 80

/** What is recorded of a file's operators: the first in topological order, so that an edge leads to one that is there too. */
export function shownOperators(
  operators: readonly {
    type: string
    name: string
    problem: string | undefined
    operands: readonly ({ kind: 'entry'; entry: number } | { kind: 'none' | 'constant' })[]
    firstOutput: number
    outputs: number
  }[],
): ShownOperator[] {
  return operators.slice(0, MOST_SHOWN).map(({ type, name, problem, operands, firstOutput, outputs }) => ({
    type: type.slice(0, LONGEST),
    name: name.slice(0, LONGEST),
    inputs: operands.flatMap((operand) => (operand.kind === 'entry' ? [operand.entry] : [])).slice(0, MOST_INPUTS),
    ...{ first: firstOutput, outputs, provable: problem === undefined },
  }))
}

/** Records how a file's operators hang together; the latest look counts. */
export async function recordOperatorGraph(journal: Journal, row: OperatorGraph): Promise<void> {
  const { operators, shown } = row
  await journal
    .insertInto('operatorgraph')
    .values(row)
    .onConflict((c) => c.column('modelHash').doUpdateSet({ operators, shown }))
    .execute()
}
