import { BlockNotFoundError } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Chain } from '../../chain/connect.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { contractStatuses, nameOf, precisions, type Status } from '../../protocol/status.ts'
import type { Decision } from '../decide.ts'
import type { IndexedResult } from '../index-client.ts'
import type { RevertOutcome } from './reverts.ts'

/**
 * Whether the chain itself shows what was decided upon, down to the bytes that were judged: the index can be wrong after a
 * deep reorg, damaged, or not ours, and others act meanwhile. Everything is read at one block, and agreed upon.
 *
 * @returns what differs, in words; null when nothing does
 * @throws DisagreementError, EndpointsError when the endpoints cannot tell
 */
export async function contradiction(
  chain: Pick<Chain, 'agreed' | 'contract'>,
  { kind, result }: Pick<Decision, 'kind' | 'result'>,
): Promise<RevertOutcome | null> {
  if (!result) return null
  const at = { address: chain.contract, abi: gainsayAbi }
  const seen = await chain.agreed(async (client, blockNumber) => {
    if (result.blockNumber > blockNumber) return null
    const block = await client.getBlock({ blockNumber: result.blockNumber }).catch((error: unknown) => {
      // "No such block" is an answer; trouble of an endpoint is none.
      if (error instanceof BlockNotFoundError) return null
      throw error
    })
    if (block?.hash !== result.blockHash) return null
    const [dispute, { arbiter, ...model }] = await Promise.all([
      client.readContract({ ...at, functionName: 'disputeOf', args: [result.id], blockNumber }),
      client.readContract({ ...at, functionName: 'modelOf', args: [result.model.id], blockNumber }),
    ])
    return { dispute, model: { ...model, arbiter: arbiter.toLowerCase() } }
  })
  if (!seen)
    return {
      kind: 'wait',
      reason:
        'the chain has another block where the index shows this result: the index lags behind a reorg, or must be re-indexed',
    }
  const { dispute, model } = seen
  const status = nameOf(contractStatuses, dispute.status)
  const needed = STATUS_FOR[kind]
  if (needed !== undefined && status !== needed)
    return { kind: 'moot', reason: `on chain it is ${status}, no longer ${needed}` }
  const differing = [
    dispute.outputHash !== result.outputHash && 'output',
    dispute.inputHash !== result.request.inputHash && 'input',
    dispute.modelId !== result.model.id && 'model',
    Object.entries(termsOf(result.model)).some(([name, value]) => model[name as keyof typeof model] !== value) &&
      'terms',
    // Before it is revealed there is none, and afterwards it stays.
    status === 'revealed' && dispute.traceRoot !== result.challenge?.traceRoot && 'trace',
  ].filter((name) => name !== false)
  if (differing.length === 0) return null
  const what = differing.join(' and ')
  return {
    kind: 'wait',
    reason: `the chain has another ${what} for this result than the index: what was judged is not what was posted. Re-index`,
  }
}

/** The status that a result must have for an action to make sense; a settled demand's fee is fetched in any. */
const STATUS_FOR: Readonly<Partial<Record<Decision['kind'], Status>>> = {
  challenge: 'posted',
  claimSilence: 'challenged',
  commit: 'revealed',
  convict: 'revealed',
  demand: 'revealed',
  claimWithheld: 'revealed',
  appeal: 'revealed',
}

/** The terms by which a result is judged, and a dispute won. Addresses of the file do not count: its hash does. */
function termsOf(model: IndexedResult['model']) {
  const { modelHash, graphRoot, tolerance, lambda } = model
  const [precision, rule] = [precisions.indexOf(model.precision), rules.indexOf(model.rule)]
  return { ...{ modelHash, graphRoot, tolerance, lambda, precision, rule }, arbiter: model.arbiter.id }
}
