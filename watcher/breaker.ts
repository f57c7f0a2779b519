import { gainsayAbi } from '../abis/Gainsay.ts'
import { lastReset, lostChallenges, openTrips, secondOpinions, type Trip, trip } from '../journal/breaker.ts'
import { ledgerOf } from '../journal/ledger/rows.ts'
import { nameOf, precisions } from '../protocol/status.ts'
import { REORG_BLOCKS } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedResult, IndexView } from './index-client.ts'
import { disagreementOf, LOOK_BACK } from './policy/breaker.ts'

type Tools = Pick<Watch, 'chain' | 'config' | 'journal' | 'log' | 'clock' | 'account'>

const LEDGER_DIFFERS =
  'ledger and chain differ: `gainsay journal check` says by how much, and "Alert: GainsayLedgerDiffers" in docs/operate.md what to do'

/** Trips the breaker where something says that we must not go on. @returns why sending is stopped; empty when it is not */
export async function checkBreaker(it: Tools, view: IndexView): Promise<Trip[]> {
  const { chain, config, journal } = it
  for (const resultId of await lostChallenges(journal))
    await stop(it, 'lost', resultId, `our challenge of ${resultId} was lost: find out why before another bond is`)
  const since = await lastReset(journal, 'runtimes')
  const latest = await secondOpinions(journal, { since, most: LOOK_BACK })
  const disagreement = disagreementOf(latest, config.policy.maxDisagreement)
  if (disagreement) await stop(it, 'runtimes', '', disagreement)
  if (view.chainId !== chain.chainId || view.contract !== chain.contract)
    await stop(it, 'index', '', `the index follows ${view.contract} on chain ${view.chainId}: set GAINSAY_API_URL`)
  // Found twice in a row; whoever does not know what it has should not venture more.
  const ledger = it.account && (await ledgerOf(journal, it.account.address.toLowerCase()))
  if (ledger?.differences) await stop(it, 'ledger', '', LEDGER_DIFFERS)
  return openTrips(journal)
}

/**
 * Compares a result with the chain in everything that was judged: ids commit to all of it, so no reorg can be the cause of
 * a difference. A block that differs may be one, unless it lies too deep. Trips the breaker when something differs.
 *
 * @param head the chain's latest block
 * @param compared whether the content was found equal before: then only the block is looked at
 * @returns how they differ, in a sentence; null when they agree
 */
export async function disagreement(
  it: Tools,
  result: IndexedResult,
  head: bigint,
  compared: boolean,
): Promise<string | null> {
  const difference = (compared ? null : await differenceOf(it, result)) ?? (await deepDifferenceOf(it, result, head))
  if (difference === null) return null
  const reason = `index and chain disagree about ${result.id}: ${difference}. Delete the index and start it again`
  await stop(it, 'index', result.id, reason)
  return reason
}

async function differenceOf({ chain }: Tools, { id, model, node, outputHash, request }: IndexedResult) {
  const call = { address: chain.contract, abi: gainsayAbi } as const
  const seen = await chain.agreed(async (client, blockNumber) => {
    const onChain = await client.readContract({ ...call, functionName: 'resultOf', args: [id], blockNumber })
    // Gone by a reorg that the index has not seen: whoever sends finds out.
    if (BigInt(onChain.requestId) === 0n) return null
    const [asked, registered] = await Promise.all([
      client.readContract({ ...call, functionName: 'requestOf', args: [onChain.requestId], blockNumber }),
      client.readContract({ ...call, functionName: 'modelOf', args: [model.id], blockNumber }),
    ])
    return { onChain, asked, registered }
  })
  if (!seen) return null
  const { onChain, asked, registered } = seen
  const pairs: [what: string, index: unknown, chain: unknown][] = [
    ['request', request.id, onChain.requestId],
    ['node', node.id, onChain.node.toLowerCase()],
    ['output', outputHash, onChain.outputHash],
    ['input', request.inputHash, asked.inputHash],
    ['model', model.id, asked.modelId],
    ['model file', model.modelHash, registered.modelHash],
    ['precision', model.precision, nameOf(precisions, registered.precision)],
    ['tolerance', model.tolerance, registered.tolerance],
    ['arbiter', model.arbiter.id, registered.arbiter.toLowerCase()],
  ]
  const [first] = pairs.filter(([, ours, theirs]) => ours !== theirs)
  return first ? `the ${first[0]} is ${first[1]} in the index and ${first[2]} on chain` : null
}

async function deepDifferenceOf({ chain }: Tools, { blockNumber, blockHash }: IndexedResult, head: bigint) {
  if (blockNumber + BigInt(REORG_BLOCKS) > head) return null
  const hash = await chain.agreed(async (client, newest) =>
    newest < blockNumber ? null : (await client.getBlock({ blockNumber })).hash,
  )
  return hash === null || hash === blockHash
    ? null
    : `block ${blockNumber} is ${blockHash} in the index and ${hash} on chain`
}

async function stop({ journal, log, clock }: Tools, kind: Trip['kind'], about: string, reason: string): Promise<void> {
  if (await trip(journal, { kind, about, reason }, clock()))
    log.error({ kind, reason }, 'sending is stopped; `gainsay resume` lets it go on once that is settled')
}
