import type { Journal } from './open.ts'

/** A stake in a result that is not settled: a challenge or a demand that is on chain, or may soon be. */
export interface Stake {
  readonly key: string
  readonly observationKey: string
  /** wei bonded, or paid in advance */
  readonly value: bigint
  /** wei of gas that all acts about this result took so far */
  readonly gasPaid: bigint
}

/** What the limits are about. */
export interface Outlay {
  readonly stakes: readonly Stake[]
  /** wei of gas in the last day */
  readonly gasToday: bigint
  /** in the last hour */
  readonly challenges: number
  /** keys of acts that are under way or done */
  readonly underWay: ReadonlySet<string>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What was really spent and staked. @param now Unix ms */
export async function outlayOf(journal: Journal, now: number): Promise<Outlay> {
  const begun = await journal
    .selectFrom('action')
    .innerJoin('observation', 'observation.key', 'action.observationKey')
    .select(['action.id', 'action.key', 'action.kind', 'action.observationKey', 'action.value', 'action.state'])
    .where('observation.settlement', 'is', null)
    .where((e) =>
      e.or([
        e('action.state', '=', 'done'),
        e.exists(
          e
            .selectFrom('attempt')
            .select('attempt.hash')
            .whereRef('attempt.actionId', '=', 'action.id')
            .where('attempt.state', '=', 'signed'),
        ),
      ]),
    )
    .execute()
  const paid = await journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .select(['attempt.gasPaid', 'attempt.createdAt', 'action.observationKey'])
    .where((e) =>
      e.or([
        e('attempt.createdAt', '>', now - DAY_MS),
        e(
          'attempt.actionId',
          'in',
          begun.map(({ id }) => id),
        ),
      ]),
    )
    .where('attempt.gasPaid', 'is not', null)
    .execute()
  const sum = (rows: typeof paid) => rows.reduce((total, row) => total + BigInt(row.gasPaid as string), 0n)
  const { n } = await journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .select((e) => e.fn.count<number>('action.id').distinct().as('n'))
    .where('action.kind', '=', 'challenge')
    .where('attempt.createdAt', '>', now - HOUR_MS)
    .executeTakeFirstOrThrow()
  return {
    stakes: begun.filter(isStake).map(({ key, observationKey, value }) => ({
      ...{ key, observationKey: observationKey ?? '', value: BigInt(value) },
      gasPaid: sum(paid.filter((row) => row.observationKey === observationKey)),
    })),
    gasToday: sum(paid.filter(({ createdAt }) => createdAt > now - DAY_MS)),
    challenges: Number(n),
    underWay: new Set(begun.map(({ key }) => key)),
  }
}

/** The same of what a watcher in shadow mode only would have spent: the same limits bind it. @param now Unix ms */
export async function shadowOutlayOf(journal: Journal, now: number): Promise<Outlay> {
  const open = await journal.selectFrom('wouldact').selectAll().where('outcome', 'is', null).execute()
  const recent = await journal
    .selectFrom('wouldact')
    .selectAll()
    .where('at', '>', now - DAY_MS)
    .execute()
  const gas = (rows: typeof open) =>
    rows.reduce((total, row) => total + BigInt(row.gas ?? 0) * BigInt(row.gasPrice), 0n)
  // What failed in the simulation would not have been sent.
  const would = open.filter(({ revert }) => revert === null)
  return {
    stakes: would.filter(isStake).map(({ key, observationKey, value }) => ({
      ...{ key, observationKey: observationKey ?? '', value: BigInt(value) },
      gasPaid: gas(would.filter((row) => row.observationKey === observationKey)),
    })),
    gasToday: gas(recent),
    challenges: recent.filter((row) => row.kind === 'challenge' && row.revert === null && row.at > now - HOUR_MS)
      .length,
    underWay: new Set(open.map(({ key }) => key)),
  }
}

function isStake({ kind }: { kind: string }): boolean {
  return kind === 'challenge' || kind === 'demand'
}
