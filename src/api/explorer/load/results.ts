import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, desc, eq, inArray, type SQL } from 'drizzle-orm'
import { type NetworkName, networkNames } from '../../../../networks/network.ts'
import { observationKey } from '../../../../protocol/observation.ts'
import { type Status, statuses } from '../../../../protocol/status.ts'
import type { ResultRow } from '../../loaders.ts'
import { light } from '../../payloads.ts'
import type { PageContext } from '../context.ts'
import { judged, type VerdictKind, verdictKinds } from './journal.ts'
import { type Listed, listed, PAGE } from './listed.ts'

const { result } = schema

/** Which results a list shows: what its address says. */
export interface ResultFilter {
  readonly status?: Status | undefined
  readonly network?: NetworkName | undefined
  readonly model?: string | undefined
  readonly node?: string | undefined
  readonly verdict?: VerdictKind | undefined
  /** continues after this position, see {@link Listed.next} */
  readonly after?: string | undefined
}

/** A result with what this watcher found; null where it has not judged. */
export interface ListedResult {
  readonly row: ResultRow
  readonly verdict: VerdictKind | null
}

/** Reads a filter from an address. What does not parse is left out and named. */
export function filterOf(query: URLSearchParams): { filter: ResultFilter; problems: string[] } {
  const problems: string[] = []
  const known = <Known>(name: string, accept: (text: string) => Known | undefined, what: string) => {
    const text = query.get(name)?.trim()
    if (!text) return undefined
    const value = accept(text)
    if (value === undefined) problems.push(`${name} is ${what}`)
    return value
  }
  const hex = (digits: number) => (text: string) =>
    new RegExp(`^0x[0-9a-f]{${digits}}$`, 'i').test(text) ? text.toLowerCase() : undefined
  const among =
    <const Names extends readonly string[]>(names: Names) =>
    (text: string): Names[number] | undefined =>
      names.find((name) => name === text)
  const filter = {
    status: known('status', among(statuses), `one of ${[...statuses.slice(2, 7), 'recorded'].join(', ')}`),
    network: known('network', among(networkNames), `one of ${networkNames.join(', ')}`),
    model: known('model', hex(64), 'a model id: 0x and 64 hex digits'),
    node: known('node', hex(40), 'an address: 0x and 40 hex digits'),
    verdict: known('verdict', among(verdictKinds), `one of ${verdictKinds.join(', ')}`),
    // A list by verdict is walked in the journal, which has positions of its own.
    after: known(
      'after',
      (text) => ((query.get('verdict') ? /^\d{1,16}\.\d{1,16}$/ : /^[\w-]{1,200}$/).test(text) ? text : undefined),
      'a position that a list gave',
    ),
  }
  return { filter, problems }
}

/** One page of results, newest first: by the second they were posted, or that they were judged where a verdict is asked for. */
export async function listResults(
  context: PageContext,
  filter: ResultFilter,
  size = PAGE,
): Promise<Listed<ListedResult>> {
  return filter.verdict ? byVerdict(context, filter, filter.verdict, size) : byTime(context, filter, size)
}

async function byTime(
  context: PageContext,
  { after, ...filter }: ResultFilter,
  size: number,
): Promise<Listed<ListedResult>> {
  const order = { time: result.postedAt, id: result.id }
  const { items, next } = await listed<ResultRow>(result, order, { after, where: conditions(filter), size })
  return { items: await withVerdicts(context, items), next }
}

/** Rounds of {@link BATCH} verdicts that one page may look through for results that pass the other filters. */
const ROUNDS = 5
const BATCH = 200

/** Verdicts are in the journal and statuses in the index, so the one is walked and the other asked, a bounded number of times. */
async function byVerdict(
  { journal, loaders }: PageContext,
  { after, status, network, model, node }: ResultFilter,
  verdict: VerdictKind,
  size: number,
): Promise<Listed<ListedResult>> {
  const items: ListedResult[] = []
  let position = after
  for (let round = 0; round < ROUNDS; round++) {
    const batch = await judged(journal, verdict, { after: position, limit: BATCH })
    const rows = await loaders.result.loadMany(batch.map(({ resultId }) => resultId))
    for (const [at, one] of batch.entries()) {
      position = one.position
      const row = rows[at]
      if (!row || row instanceof Error || (status && row.status !== status)) continue
      if (network && row.network !== network) continue
      if ((model && one.modelId !== model) || (node && one.node !== node)) continue
      items.push({ row, verdict })
      if (items.length === size) return { items, next: position }
    }
    if (batch.length < BATCH) return { items, next: undefined }
  }
  return { items, next: position }
}

function conditions({ status, network, model, node }: ResultFilter): SQL | undefined {
  return and(
    status ? eq(result.status, status) : undefined,
    network ? eq(result.network, network) : undefined,
    model ? eq(result.modelId, model as `0x${string}`) : undefined,
    node ? eq(result.nodeId, node as `0x${string}`) : undefined,
  )
}

/** When the latest results were posted, in seconds, and what has become of them. */
export async function latestStatuses(most: number): Promise<{ time: number; status: Status }[]> {
  const rows = await db
    .select({ postedAt: result.postedAt, status: result.status })
    .from(result)
    .orderBy(desc(result.postedAt), desc(result.id))
    .limit(most)
  return rows.map(({ postedAt, status }) => ({ time: Number(postedAt), status }))
}

/** Adds what this watcher found to rows. */
export function withVerdicts({ loaders }: PageContext, rows: readonly ResultRow[]): Promise<ListedResult[]> {
  return Promise.all(
    rows.map(async (row) => ({
      row,
      verdict: (await loaders.replay.load(observationKey(row)))?.kind ?? null,
    })),
  )
}

/** Results by id, with verdicts, for lists that come by other ways. */
export async function resultsByIds(context: PageContext, ids: readonly string[]): Promise<ListedResult[]> {
  if (ids.length === 0) return []
  const rows = await db
    .select(light(result))
    .from(result)
    .where(inArray(result.id, ids as `0x${string}`[]))
  return withVerdicts(context, rows)
}
