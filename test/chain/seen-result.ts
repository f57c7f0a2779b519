import type { Hex, PublicClient } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { contractStatuses, nameOf, precisions } from '../../protocol/status.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

/** A result as an index that knows all of the chain would show it, without its files, demands and appeals. */
export async function seenResult(client: PublicClient, contract: Hex, id: Hex): Promise<IndexedResult> {
  const at = { address: contract, abi: gainsayAbi } as const
  const [posted] = await client.getContractEvents({
    ...{ ...at, eventName: 'Posted', args: { resultId: id }, fromBlock: 0n, strict: true },
  })
  if (!posted) throw new Error(`no result ${id} was posted`)
  const [stored, dispute] = await Promise.all([
    client.readContract({ ...at, functionName: 'resultOf', args: [id] }),
    client.readContract({ ...at, functionName: 'disputeOf', args: [id] }),
  ])
  const { modelId, outputHash, inputHash, traceRoot } = dispute
  const { arbiter, ...model } = await client.readContract({ ...at, functionName: 'modelOf', args: [modelId] })
  const status = nameOf(contractStatuses, dispute.status)
  const challenger = { id: stored.challenger.toLowerCase() as Hex }
  return {
    ...{ id, network: 'gainsay', outputHash, outputUri: '', output: null, status, windowEnd: stored.windowEnd },
    ...{ blockNumber: posted.blockNumber, blockHash: posted.blockHash, transactionHash: posted.transactionHash },
    ...{ logIndex: posted.logIndex, node: { id: stored.node.toLowerCase() as Hex }, demands: [], appeals: [] },
    request: { id: posted.args.requestId, inputHash, inputUri: '', input: null },
    model: {
      ...{ ...model, id: modelId, arbiter: { id: arbiter.toLowerCase() as Hex } },
      ...{ precision: nameOf(precisions, model.precision), rule: nameOf(rules, model.rule) },
    },
    challenge:
      status === 'posted'
        ? null
        : { challenger, traceRoot: status === 'challenged' ? null : traceRoot, traceUri: null },
  }
}
