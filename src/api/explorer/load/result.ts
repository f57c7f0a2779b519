import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { asc, eq } from 'drizzle-orm'
import { abilities } from '../../../../networks/abilities.ts'
import { observationKey } from '../../../../protocol/observation.ts'
import type { AppealRow, DemandRow, EchoRow, PayoutRow, RequestRow } from '../../loaders.ts'
import { light } from '../../payloads.ts'
import type { PageContext } from '../context.ts'
import { actionsOf, operatorsOf, previewsOf } from './journal.ts'
import type { Listed } from './listed.ts'
import { payloadOf } from './payload.ts'
import { echoesOf } from './tasks.ts'

const { appeal, demand, payout } = schema

const NO_ECHOES: Listed<EchoRow> = { items: [], next: undefined }

/** Rows of one list on a result's page; whoever wants all of thousands asks GraphQL. */
export const MOST_ROWS = 50

/** Everything a page shows about a request and its result. */
export type ResultMatter = NonNullable<Awaited<ReturnType<typeof loadMatter>>>

/** Gathers what is known of a request and, once there is one, its result. Every query is by an index and bounded. */
export async function loadMatter(context: PageContext, row: RequestRow) {
  const { loaders, journal, artifactsDir } = context
  const result = row.resultId ? await loaders.result.load(row.resultId) : null
  const key = result ? observationKey(result) : null
  const model = await loaders.model.load(row.modelId)
  const [timeline, payouts, challenge, conviction, verdict, finding, actions, demands, appeals] = await Promise.all([
    loaders.timelineOfRequest.load(row.id),
    paid(row.id),
    result ? loaders.challenge.load(result.id) : null,
    result ? loaders.conviction.load(result.id) : null,
    key ? loaders.replay.load(key) : null,
    key ? loaders.findings.load(key) : null,
    key ? actionsOf(journal, key) : [],
    result && result.demandCount > 0 ? demandsOf(result.id) : [],
    result && result.appealCount > 0 ? appealsOf(result.id) : [],
  ])
  const echoes = result && !abilities[result.network].challenges ? await echoesOf(result.id, MOST_ROWS) : NO_ECHOES
  const attestations = result ? await loaders.attestationsOfResult.load(result.id) : []
  const [previews, operators, input, output] = await Promise.all([
    key ? previewsOf(journal, key) : [],
    model?.modelHash && finding?.entry !== null && finding?.entry !== undefined
      ? operatorsOf(journal, model.modelHash)
      : null,
    payloadOf(
      { hash: row.inputHash, data: await loaders.inputOfRequest.load(row.id), network: row.network, kind: 'input' },
      artifactsDir,
    ),
    result
      ? payloadOf(
          {
            hash: result.outputHash,
            data: await loaders.outputOfResult.load(result.id),
            network: result.network,
            kind: 'output',
          },
          artifactsDir,
        )
      : null,
  ])
  return {
    ...{ request: row, result, model, timeline, payouts, challenge, conviction, verdict, finding, actions },
    ...{ demands, appeals, previews, operators, input, output, attestations, echoes },
  }
}

function paid(requestId: `0x${string}`): Promise<PayoutRow[]> {
  return db
    .select()
    .from(payout)
    .where(eq(payout.requestId, requestId))
    .orderBy(asc(payout.blockNumber))
    .limit(MOST_ROWS)
}

function demandsOf(resultId: `0x${string}`): Promise<DemandRow[]> {
  return db
    .select(light(demand))
    .from(demand)
    .where(eq(demand.resultId, resultId))
    .orderBy(asc(demand.demandedAt))
    .limit(MOST_ROWS)
}

function appealsOf(resultId: `0x${string}`): Promise<AppealRow[]> {
  return db
    .select(light(appeal))
    .from(appeal)
    .where(eq(appeal.resultId, resultId))
    .orderBy(asc(appeal.appealedAt))
    .limit(MOST_ROWS)
}
