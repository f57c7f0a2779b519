import { sql } from 'kysely'
import type { EntryKind } from '../journal/ledger/kinds.ts'
import { ledgers, sumsOf } from '../journal/ledger/rows.ts'
import type { Journal } from '../journal/open.ts'
import type { NetworkName } from '../networks/network.ts'

/** What the journal says about the watcher at one moment: everything that metrics and `gainsay status` show of it. */
export interface Facts {
  /** results that are neither settled nor vanished, by our verdict; `unjudged` wait for their first */
  openResults: Record<'valid' | 'invalid' | 'undetermined' | 'unjudged', number>
  /** results whose replay is due: never judged, or to be judged again by now */
  queue: number
  verdicts: Record<'valid' | 'invalid' | 'undetermined', number>
  /** results ever seen, by network and our verdict; `unjudged` wait for their first */
  networks: { network: NetworkName; verdict: 'valid' | 'invalid' | 'undetermined' | 'unjudged'; n: number }[]
  /** verdicts by the step of the escalation that settled them */
  steps: Record<string, number>
  /** verdicts that took the second runtime, and those of them in which the two disagreed */
  secondOpinions: { asked: number; disagreed: number }
  actions: { kind: string; state: string; n: number }[]
  /** transactions by state */
  transactions: Record<string, number>
  /** the open action that has to be on chain first; times in seconds of chain time */
  nextDeadline: { kind: string; resultId: string | null; deadline: number } | null
  /** challenges of ours on results that are not settled */
  openDisputes: number
  ledgers: AccountLedger[]
  /** why sending is stopped; empty while it is not */
  trips: string[]
  /** results that sampling has left out; their fraud would not be seen */
  unchecked: number
  /** bytes of the journal's file */
  bytes: number
}

/** The sums of one account's ledger, in wei. */
export interface AccountLedger {
  account: string
  wei: Record<EntryKind, bigint>
  unexplained: bigint
  /** how many differences from the chain the latest check found */
  differences: number
  checkedBlock: number
  /** Unix milliseconds */
  checkedAt: number
}

/** Reads the facts. @param now Unix milliseconds */
export async function readFacts(journal: Journal, now: number): Promise<Facts> {
  const open = sql`settlement is null and vanishedAt is null`
  const all = async <T>(query: ReturnType<typeof sql<T>>) => (await query.execute(journal)).rows
  const counts = async (query: ReturnType<typeof sql<{ name: string; n: number }>>) =>
    Object.fromEntries((await all(query)).map(({ name, n }) => [name, n]))
  const one = async (query: ReturnType<typeof sql<{ n: number }>>) => (await all(query))[0]?.n ?? 0

  const tables = new Set((await all(sql<{ name: string }>`select name from sqlite_master`)).map(({ name }) => name))
  const [next] = await all(sql<{ kind: string; resultId: string | null; deadline: number }>`
    select kind, resultId, deadline from action where state = 'open' and deadline is not null order by deadline limit 1`)
  const second = sql`step in ('second', 'trace') or reason like 'the runtimes disagree%'`
  return {
    openResults: {
      ...{ valid: 0, invalid: 0, undetermined: 0, unjudged: 0 },
      ...(await counts(sql`select coalesce(kind, 'unjudged') as name, count(*) as n from observation
        left join verdict on observationKey = key where ${open} group by 1`)),
    },
    queue: await one(sql`select count(*) as n from observation left join verdict on observationKey = key
      where ${open} and (kind is null or retryAt <= ${now})`),
    verdicts: {
      ...{ valid: 0, invalid: 0, undetermined: 0 },
      ...(await counts(sql`select kind as name, count(*) as n from verdict group by kind`)),
    },
    networks: await networksOf(journal),
    steps: await counts(sql`select coalesce(step, 'none') as name, count(*) as n from verdict group by 1`),
    secondOpinions: {
      asked: await one(sql`select count(*) as n from verdict where ${second}`),
      disagreed: await one(sql`select count(*) as n from verdict where reason like 'the runtimes disagree%'`),
    },
    actions: await all(sql`select kind, state, count(*) as n from action group by kind, state`),
    transactions: await counts(sql`select state as name, count(*) as n from attempt group by state`),
    nextDeadline: next ?? null,
    openDisputes: await one(sql`select count(*) as n from action join observation on observation.key = observationKey
      where action.kind = 'challenge' and action.state = 'done' and ${open}`),
    ledgers: await accountLedgers(journal),
    trips: tables.has('trip')
      ? (await all(sql<{ reason: string }>`select reason from trip where resetAt is null order by id`)).map(
          ({ reason }) => reason,
        )
      : [],
    unchecked: tables.has('unchecked')
      ? await one(
          sql`select count(*) as n from unchecked where observationKey not in (select observationKey from verdict)`,
        )
      : 0,
    bytes: await one(sql`select page_count * page_size as n from pragma_page_count(), pragma_page_size()`),
  }
}

/** From what is kept by day, model and node: a million results of a network would take a second to count. */
async function networksOf(journal: Journal): Promise<Facts['networks']> {
  // Only OpenGradient's results name no node.
  const { rows } = await sql<
    Record<'observed' | 'valid' | 'invalid' | 'undetermined', number> & { network: NetworkName }
  >`
    select iif(node = '', 'opengradient', 'gainsay') as network, sum(observed) as observed,
      sum(valid) as valid, sum(invalid) as invalid, sum(undetermined) as undetermined from opinion group by 1`.execute(
    journal,
  )
  return rows.flatMap(({ network, observed, ...judged }) => {
    const unjudged = observed - judged.valid - judged.invalid - judged.undetermined
    return (Object.entries({ ...judged, unjudged }) as ['valid', number][]).map(([verdict, n]) => ({
      network,
      verdict,
      n,
    }))
  })
}

async function accountLedgers(journal: Journal): Promise<AccountLedger[]> {
  const rows = await ledgers(journal)
  return Promise.all(
    rows.map(async ({ account, unexplained, differences, checkedBlock, checkedAt }) => ({
      ...{ account, checkedBlock, checkedAt, wei: (await sumsOf(journal, account)).wei },
      unexplained: BigInt(unexplained),
      differences: differences === '' ? 0 : (JSON.parse(differences) as unknown[]).length,
    })),
  )
}

/** What an account has earned: rewards, less what was lost and spent on gas. Signed wei. */
export function earningsOf(wei: Record<EntryKind, bigint>): bigint {
  return wei.won - wei.lost - wei.gas
}
