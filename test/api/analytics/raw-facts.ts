import type { Hex } from 'viem'
import { reasons } from '../../../protocol/status.ts'
import type { Stage } from '../../index/support/stage.ts'

/** A request as the chain's own logs tell of it. Times in seconds, amounts in wei. */
export interface RawRequest {
  model: Hex
  named: Hex | null
  fee: bigint
  at: bigint
  expired: boolean
}

/** A result, likewise. */
export interface RawResult {
  request: RawRequest
  node: Hex
  at: bigint
  challenged: boolean
  revealed: boolean
  end?: { how: 'finalized' | 'rejected'; at: bigint; slashed: bigint; burnt: bigint }
}

/** All that analytics are about, read from raw logs. */
export interface RawFacts {
  requests: RawRequest[]
  results: RawResult[]
  credits: { account: Hex; reason: string; amount: bigint; at: bigint }[]
  /** changes of what nodes have at stake, oldest first */
  stakes: { node: Hex; change: bigint; at: bigint }[]
  /** second of the latest block */
  head: bigint
}

/** Reads the chain's logs and the headers of their blocks, and nothing of the index. */
export async function rawFacts(stage: Stage): Promise<RawFacts> {
  const requests = new Map<Hex, RawRequest>()
  const results = new Map<Hex, RawResult>()
  const facts: RawFacts = { requests: [], results: [], credits: [], stakes: [], head: await stage.now() }
  const times = new Map<bigint, bigint>()
  for (const event of await stage.events()) {
    const { blockNumber } = event
    let at = times.get(blockNumber)
    if (at === undefined) {
      at = (await stage.client.getBlock({ blockNumber })).timestamp
      times.set(blockNumber, at)
    }
    const lower = (address: Hex) => address.toLowerCase() as Hex
    const result = 'resultId' in event.args ? (results.get(event.args.resultId) as RawResult) : undefined
    switch (event.eventName) {
      case 'Requested': {
        const { modelId, node, fee, requestId } = event.args
        const named = BigInt(node) === 0n ? null : lower(node)
        requests.set(requestId, { model: modelId, named, fee, at, expired: false })
        break
      }
      case 'Expired':
        ;(requests.get(event.args.requestId) as RawRequest).expired = true
        break
      case 'Posted': {
        const request = requests.get(event.args.requestId) as RawRequest
        results.set(event.args.resultId, {
          ...{ request, node: lower(event.args.node), at, challenged: false, revealed: false },
        })
        break
      }
      case 'Challenged':
        ;(result as RawResult).challenged = true
        break
      case 'Revealed':
        ;(result as RawResult).revealed = true
        break
      case 'Finalized':
        ;(result as RawResult).end = { how: 'finalized', at, slashed: 0n, burnt: 0n }
        break
      case 'Rejected': {
        const { slashed, burnt } = event.args
        ;(result as RawResult).end = { how: 'rejected', at, slashed, burnt }
        facts.stakes.push({ node: (result as RawResult).node, change: -slashed, at })
        break
      }
      case 'Bonded':
        facts.stakes.push({ node: lower(event.args.node), change: event.args.amount, at })
        break
      case 'Unbonded':
        facts.stakes.push({ node: lower(event.args.node), change: -event.args.amount, at })
        break
      case 'Credited': {
        const { account, reason, amount } = event.args
        facts.credits.push({ account: lower(account), reason: reasons[reason] as string, amount, at })
        break
      }
    }
  }
  facts.requests = [...requests.values()]
  facts.results = [...results.values()]
  return facts
}
