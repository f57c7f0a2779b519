import PQueue from 'p-queue'
import type { Hex } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { demandedResults, type Finding, findingsOf, provabilityOf, type VerdictRow } from '../journal/queries.ts'
import { isSettled } from '../protocol/status.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import { type Decision, isCheckable } from './decide.ts'
import { decideDispute, decideFees } from './dispute.ts'
import { commitmentOf, demandProofOf, find, inspect, type OneByOne } from './find.ts'
import { askIndex, type IndexedResult } from './index-client.ts'

/** Traces that are fetched at once: each is held in memory, and a node that serves its own slowly keeps one of these places. */
const TRACES = 8
/** Models that are fetched at once. Anybody can register one whose address never answers, so they have places of their own. */
const MODELS = 4

/**
 * Looks at models and revealed traces beside the loop: what takes long to arrive keeps nothing else waiting; what has arrived
 * is looked at one by one, as exact arithmetic would keep replays waiting.
 *
 * @returns to be called in each round with what is open then
 */
export function examiner(it: Watch, signal: AbortSignal) {
  const [traces, models, arithmetic] = [TRACES, MODELS, 1].map((concurrency) => new PQueue({ concurrency })) as [
    PQueue,
    PQueue,
    PQueue,
  ]
  const looking = new Set<string>()
  const troubles = new Map<string, string>()
  const beside = (queue: PQueue, key: string, look: () => Promise<void>) => {
    if (looking.has(key)) return
    looking.add(key)
    void queue
      .add(look)
      .then(() => troubles.delete(key))
      .catch((error: Error) => {
        // The same trouble round after round is said once.
        if (troubles.get(key) === error.message) return
        troubles.set(key, error.message)
        it.log.warn({ err: error, about: key }, 'could not be looked at; trying again')
      })
      .finally(() => looking.delete(key))
  }
  const oneByOne =
    (priority: number): OneByOne =>
    (work) =>
      arithmetic.add(work, { priority })
  return {
    async look(open: Collected[], verdicts: ReadonlyMap<string, VerdictRow>, now: bigint): Promise<void> {
      const revealed = disputed(open, verdicts)
      const known = await findingsOf(
        it.journal,
        revealed.map(({ key }) => key),
      )
      const patience = it.chain.parameters.convictionWindow / 2n
      const when = { now, patience, signal, oneByOne: oneByOne(2) }
      for (const collected of revealed)
        if (!known.has(collected.key)) beside(traces, collected.key, () => find(it, collected, when))
      const registered = new Map(open.map(({ result: { model } }) => [model.modelHash, model]))
      const inspected = await provabilityOf(it.journal, [...registered.keys()])
      for (const [modelHash, model] of registered)
        if (!inspected.has(modelHash)) beside(models, modelHash, () => inspect(it, model, oneByOne(1)))
    },
    /** Ends when nothing is being looked at any more. */
    async stop(): Promise<void> {
      for (const queue of [traces, models]) queue.clear()
      await Promise.all([traces.onIdle(), models.onIdle()])
    },
  }
}

/** What to do next about every revealed result that we hold for invalid, and about the fees of demands that are settled. */
export async function decideDisputes(
  it: Watch,
  account: { address: Hex },
  open: Collected[],
  verdicts: ReadonlyMap<string, VerdictRow>,
  now: bigint,
): Promise<Decision[]> {
  if (it.chain.seat?.state !== 'ready') return []
  const me = account.address.toLowerCase() as Hex
  const revealed = disputed(open, verdicts)
  const findings = await findingsOf(
    it.journal,
    revealed.map(({ key }) => key),
  )
  const inspected = await provabilityOf(
    it.journal,
    revealed.map(({ result }) => result.model.modelHash),
  )
  const decisions: Decision[] = []
  for (const { key, result } of revealed) {
    const finding = findings.get(key)
    const withheld = finding?.kind === 'withheld'
    const checkable = isCheckable(result.model, inspected.get(result.model.modelHash))
    const decision = decideDispute({
      ...{ key, result, finding, me, now, checkable, withoutArbiter: it.config.policy.withoutArbiter },
      trusted: it.config.arbiters.has(result.model.arbiter.id),
      commitment: await commitment(it, account.address, result, finding),
      demandFee: withheld ? await demandFee(it, result.id) : 0n,
      demandProof: withheld ? await demandProofOf(it, result).catch(() => undefined) : undefined,
    })
    if (decision) decisions.push(decision)
  }
  return [...decisions, ...(await decideSettledFees(it, me))]
}

function disputed(open: Collected[], verdicts: ReadonlyMap<string, VerdictRow>): Collected[] {
  return open.filter(({ key, result }) => result.status === 'revealed' && verdicts.get(key)?.kind === 'invalid')
}

async function commitment({ chain }: Watch, me: Hex, { id }: IndexedResult, finding: Finding | undefined) {
  const hash = finding && commitmentOf(me, id, finding)
  if (!hash) return undefined
  const call = { address: chain.parameters.conviction, abi: convictionAbi, functionName: 'committedAt' } as const
  // Who is told that it is there when it is not, or the other way round, misses the window.
  const at = await chain.agreed(async (client, head) => ({
    block: await client.readContract({ ...call, args: [hash], blockNumber: head }),
    head,
  }))
  return { hash, onChain: at.block !== 0n, isUsable: at.block !== 0n && at.block < at.head }
}

/** What a header costs now. Not known for good: it rises with every demand of this result that anybody makes. */
function demandFee({ chain }: Watch, resultId: Hex): Promise<bigint> {
  const call = { address: chain.parameters.conviction, abi: convictionAbi, functionName: 'feeOf' } as const
  return chain.agreed((client, blockNumber) => client.readContract({ ...call, args: [resultId, 0], blockNumber }))
}

async function decideSettledFees(it: Watch, me: Hex): Promise<Decision[]> {
  const demanded = await demandedResults(it.journal)
  if (demanded.length === 0) return []
  const ids = demanded.map(({ resultId }) => resultId)
  const keys = new Map(demanded.map(({ resultId, observationKey }) => [resultId, observationKey]))
  const { results } = await askIndex(it.config.apiUrl, { ids })
  return results
    .filter(({ status }) => isSettled(status))
    .map((result) => decideFees(keys.get(result.id) ?? '', result, me))
    .filter((decision) => decision !== null)
}
