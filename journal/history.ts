import type { Journal } from './open.ts'

/** What was found about results of one node, or of one model. */
export interface Record {
  readonly checked: number
  readonly frauds: number
}

/** Records of nodes and models, and how long a model's replays take on average, in ms. */
export interface History {
  readonly nodes: ReadonlyMap<string, Record>
  readonly models: ReadonlyMap<string, Record & { readonly ms: number }>
}

/** How many verdicts back the history goes: what a node did a year ago says little, and each round reads all of it. */
const MOST = 10_000

/** What the latest verdicts say about nodes and models. Undetermined ones say nothing. */
export async function historyOf(journal: Journal, most = MOST): Promise<History> {
  const latest = journal
    .selectFrom('verdict')
    .select(['observationKey', 'kind', 'ms'])
    .where('network', '=', 'gainsay')
    .where('kind', 'in', ['valid', 'invalid'])
    .orderBy('judgedAt', 'desc')
    .limit(most)
  const rows = await journal
    .selectFrom(latest.as('latest'))
    .innerJoin('observation', 'observation.key', 'latest.observationKey')
    .select(({ fn }) => [
      'observation.node',
      'observation.modelId',
      fn.countAll<number>().as('checked'),
      fn.sum<number>('latest.ms').as('ms'),
    ])
    .select((e) => e.fn.sum<number>(e.case().when('latest.kind', '=', 'invalid').then(1).else(0).end()).as('frauds'))
    .groupBy(['observation.node', 'observation.modelId'])
    .execute()
  const nodes = new Map<string, Record>()
  const models = new Map<string, Record & { ms: number }>()
  const times = new Map<string, number>()
  for (const { node, modelId, checked, frauds, ms } of rows) {
    nodes.set(node, add(nodes.get(node), checked, frauds))
    const record = add(models.get(modelId), checked, frauds)
    const time = (times.get(modelId) ?? 0) + ms
    times.set(modelId, time)
    models.set(modelId, { ...record, ms: time / record.checked })
  }
  return { nodes, models }
}

function add(before: Record | undefined, checked: number, frauds: number): Record {
  return { checked: (before?.checked ?? 0) + checked, frauds: (before?.frauds ?? 0) + frauds }
}

/** How our own challenges ended. */
export async function challengeRecord(journal: Journal): Promise<{ won: number; lost: number }> {
  const rows = await journal
    .selectFrom('action')
    .innerJoin('observation', 'observation.key', 'action.observationKey')
    .select(['observation.settlement', (e) => e.fn.countAll<number>().as('n')])
    .where('action.kind', '=', 'challenge')
    .where('action.state', '=', 'done')
    .where('observation.settlement', 'is not', null)
    .where('observation.vanishedAt', 'is', null)
    .groupBy('observation.settlement')
    .execute()
  const count = (settlement: string) => Number(rows.find((row) => row.settlement === settlement)?.n ?? 0)
  return { won: count('rejected'), lost: count('finalized') }
}
