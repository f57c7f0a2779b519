import type { Hex } from 'viem'
import { recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { observationKey } from '../../protocol/observation.ts'
import { CHALLENGE_BOND, inline, NOBODY, NODE_BOND, WINDOW } from '../index/support/stage.ts'
import type { ExplorerStage } from './stage.ts'

const DAY = 86_400
const DAYS = 21

interface Posted {
  id: Hex
  blockNumber: string
  blockHash: Hex
  transactionHash: Hex
  logIndex: number
  postedAt: string
  request: { id: Hex }
  model: { id: Hex }
  node: { id: Hex }
}

/**
 * Three weeks of work for a picture of the analytics: some requests a day, two nodes that share them ever more evenly, a
 * silent node now and then, and a watcher that checks most of it.
 *
 * @returns the query of an address that shows those days
 */
export async function playDays({ stage, played, index, journal }: ExplorerStage): Promise<string> {
  const { cast, move, pass, now } = stage
  const begun = await now()
  for (const node of [cast.node, cast.otherNode]) await move(node, 'bond', [], 10n * NODE_BOND)
  for (let day = 0; day < DAYS; day++) {
    await pass(DAY - Number(((await now()) - begun) % BigInt(DAY)) + 3600)
    const results: Hex[] = []
    for (let i = 0; i < 2 + ((day * 5) % 4); i++) {
      const deadline = (await now()) + BigInt(WINDOW)
      const fee = BigInt(2 + ((day + i) % 3)) * 10n ** 16n
      const wanted = [played.models.fp32, NOBODY, inline(`input ${day} ${i}`), deadline] as const
      const request = await move(cast.requester, 'request', wanted, fee)
      await pass(4 + ((day * 7 + i * 3) % 11))
      const node = (day + i) % 3 === 0 && day > 5 ? cast.otherNode : cast.node
      results.push(await move(node, 'post', [request, inline(`output ${day} ${i}`)]))
    }
    const silent = day % 6 === 4 ? results.pop() : undefined
    if (silent) await move(cast.watcher, 'challenge', [silent], CHALLENGE_BOND)
    await pass(WINDOW + 1)
    if (silent) await move(cast.watcher, 'claimSilence', [silent])
    for (const result of results) await move(cast.stranger, 'finalize', [result])
  }
  await index.reached(await stage.head())
  const { results } = await index.ask<{ results: { items: Posted[] } }>(
    `{ results(first: 200, where: { network: gainsay, postedAt: { from: "${begun}" } }) { items {
      id blockNumber blockHash transactionHash logIndex postedAt request { id } model { id } node { id } } } }`,
  )
  for (const [i, one] of results.items.entries()) {
    const key = observationKey({ ...one, chainId: stage.chainId })
    const about = { resultId: one.id, requestId: one.request.id, modelId: one.model.id, node: one.node.id }
    const seenAt = Number(one.postedAt) * 1000
    const block = { blockNumber: Number(one.blockNumber), blockHash: one.blockHash }
    await recordObservation(journal, { key, ...about, ...block, settlement: 'finalized' }, seenAt)
    // What is left unchecked is all that is not judged.
    if (i % 5 > 0 || i > 40)
      await recordVerdict(journal, {
        ...{ observationKey: key, kind: 'valid', step: 'bytes', output: null, distance: 0, tolerance: 1e-5 },
        ...{ reason: null, evidence: null, retryAt: null, runtimes: '[]', ms: 3, judgedAt: seenAt },
      })
  }
  const text = (seconds: bigint) => new Date(Number(seconds) * 1000).toISOString().slice(0, 10)
  return `from=${text(begun + BigInt(DAY))}&to=${text(await now())}`
}
