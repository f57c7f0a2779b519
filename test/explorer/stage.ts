import { join } from 'node:path'
import { type Hex, toHex } from 'viem'
import { type Journal, openJournal } from '../../journal/open.ts'
import { encodeTensors, type Tensor } from '../../protocol/tensor.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { convict, type Played, playHistory, playLive } from '../index/support/play.ts'
import { CHALLENGE_BOND, NOBODY, type Stage, sha256, startStage, WINDOW } from '../index/support/stage.ts'
import { fillJournal } from './fill-journal.ts'
import { fillOpenGradient } from './fill-opengradient.ts'
import { playOpenGradient, workflows } from './opengradient.ts'
import { auditAll, type Batches, playSettlements } from './settlements.ts'
import { evil, float32 } from './wares.ts'

/** A staged index with something of everything for the pages to show. */
export interface ExplorerStage {
  readonly stage: Stage
  readonly index: IndexProcess
  readonly played: Played
  readonly journal: Journal
  /** a convicted result whose input and output are tensors, with a verdict, a finding and actions in the journal */
  readonly convicted: Hex
  /** a finalized result that the journal calls valid */
  readonly valid: Hex
  /** a result whose every text is hostile */
  readonly hostile: Hex
  /** sha256 of the file of the model of `convicted` */
  readonly modelHash: Hex
  /** OpenGradient's results by its own names, its tasks by where they stand, and its settled calls by what their audit showed */
  readonly opengradient: {
    readonly results: ReadonlyMap<string, Hex>
    readonly tasks: Readonly<Record<keyof typeof workflows, Hex>>
    readonly batches: Batches
  }
  stop(): Promise<void>
}

export async function stageExplorer(databaseUrl?: string): Promise<ExplorerStage> {
  const stage = await startStage()
  let index: IndexProcess | undefined
  let settled: Awaited<ReturnType<typeof playSettlements>> | undefined
  try {
    await playOpenGradient(stage)
    settled = await playSettlements(stage)
    const played = await playHistory(stage)
    const convicted = await postTensors(stage, played)
    await stage.move(stage.cast.watcher, 'challenge', [convicted], CHALLENGE_BOND)
    await stage.move(stage.cast.node, 'reveal', [convicted, sha256('a trace'), 'https://node.example/trace'])
    await convict(stage, convicted)
    const env = {
      OPENGRADIENT_RPC_URL: Array.from({ length: 8 }, () => stage.rpcUrl).join(','),
      ...{ OPENGRADIENT_CHAIN_ID: String(stage.chainId), OPENGRADIENT_START_BLOCK: String(stage.startBlock) },
    }
    index = await startIndex(stage, { ...(databaseUrl && { databaseUrl }), env })
    await playLive(stage, played)
    await index.reached(await stage.head())
    const journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
    const [valid, hostile] = [played.results.finalized as Hex, played.results.hostile as Hex]
    const modelHash = sha256('model')
    await fillJournal(journal, stage, index, { convicted, valid, hostile, modelHash })
    const opengradient = {
      results: await fillOpenGradient(journal, stage, index),
      tasks: await tasksOf(index),
      batches: await auditAll(stage, index, journal, settled, env),
    }
    await settled.aggregator.stop()
    const running = index
    return {
      ...{ stage, index, played, journal, convicted, valid, hostile, modelHash, opengradient },
      async stop() {
        await journal.destroy()
        await running.stop()
        await stage.stop()
      },
    }
  } catch (error) {
    await settled?.aggregator.stop()
    await index?.stop()
    await stage.stop()
    throw error
  }
}

/** Ids of tasks by the name of their workflow. */
async function tasksOf(index: IndexProcess): Promise<ExplorerStage['opengradient']['tasks']> {
  const { tasks } = await index.ask<{ tasks: { items: { id: Hex; contract: Hex }[] } }>(
    '{ tasks { items { id contract } } }',
  )
  const ids = new Map(tasks.items.map(({ contract, id }) => [contract, id]))
  return Object.fromEntries(
    Object.entries(workflows).map(([name, contract]) => [name, ids.get(contract) as Hex]),
  ) as ExplorerStage['opengradient']['tasks']
}

/** Posts a result that nobody has challenged yet. */
export async function postOpen({ stage, played, index }: ExplorerStage): Promise<Hex> {
  // Blocks come with moves alone, so that the latest may be of minutes ago, and a deadline after it over.
  await stage.pass(1)
  const id = await postTensors(stage, played)
  await index.reached(await stage.head())
  return id
}

let posted = 0

async function postTensors({ cast, move, now }: Stage, { models }: Played): Promise<Hex> {
  const input = payload(
    new Map([
      ['photo', float32([1, 3, 16, 24], (i) => Math.sin(i / 9) * Math.cos(i / 31))],
      [evil.name, float32([200], (i) => Math.sin(i / 8 + posted))],
    ]),
  )
  const output = payload(new Map([['probabilities', float32([1, 10], (i) => (i === 3 ? 0.9 : 0.01 * i))]]))
  posted++
  const deadline = (await now()) + BigInt(WINDOW)
  const request = await move(cast.requester, 'request', [models.fp32, NOBODY, input, deadline], 1_000n)
  return move(cast.node, 'post', [request, output])
}

function payload(tensors: ReadonlyMap<string, Tensor>) {
  const bytes = encodeTensors(tensors)
  return { hash: sha256(bytes), uri: '', data: toHex(bytes) }
}
