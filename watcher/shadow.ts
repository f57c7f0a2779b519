import { findingsOf } from '../journal/queries.ts'
import {
  recordWouldAct,
  settleWouldAct,
  shadowEarnings,
  type Unsettled,
  unsettledWouldActs,
  wouldActOf,
} from '../journal/would-act.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { Decision } from './decide.ts'
import { askIndex } from './index-client.ts'
import { outcomeOf } from './policy/outcome.ts'
import { type PolicyState, rewardFor } from './policy/permit.ts'
import type { Self } from './self.ts'
import { callOf } from './send/call.ts'
import { contradiction } from './send/contradiction.ts'
import { revertOf } from './send/simulate.ts'

/** Enough for any bond, for an address that has nothing. Wei. */
const PLENTY = 10n ** 30n

/**
 * What shadow mode does instead of acting: simulates at the latest block and records what would have been sent, once. What
 * would have failed is tried again in the next round, as it would be live.
 */
export async function pretend(it: Watch, me: Self, decision: Decision, state: PolicyState): Promise<void> {
  const { journal, log, clock } = it
  const before = await wouldActOf(journal, decision.key)
  if (before && before.revert === null) return
  if (await contradiction(it.chain, decision)) return
  const { revert, gas, value } = await simulate(it, me, decision)
  const earned = decision.kind === 'withdraw' ? -gas * state.gasPrice : null
  const reward = rewardFor(decision, state)
  await recordWouldAct(journal, {
    ...{ key: decision.key, kind: decision.kind, observationKey: decision.observationKey },
    ...{ resultId: decision.result?.id ?? null, value: String(value), reason: decision.reason },
    ...{ revert, gas: revert === null ? Number(gas) : null, gasPrice: String(state.gasPrice), reward: String(reward) },
    // A withdrawal has no result whose settlement would say more.
    ...{ at: clock(), outcome: earned === null ? null : 'none', earned: earned === null ? null : String(earned) },
  })
  const about = { action: decision.kind, result: decision.result?.id, reason: decision.reason }
  if (decision.result?.challenge?.challenger.id === state.me)
    log.warn(
      about,
      'a dispute of ours is open, but in shadow mode nothing is sent: set GAINSAY_MODE=live to go on with it',
    )
  else if (revert === null) log.info({ ...about, reward: String(reward), gas: Number(gas) }, 'would be sent')
  else if (revert !== before?.revert) log.info({ ...about, revert }, 'would not be sent')
}

async function simulate(it: Watch, { address, invented }: Self, decision: Decision) {
  const call = callOf(it.chain, address, decision)
  const { client } = it.chain
  const stateOverride = invented ? [{ address, balance: PLENTY }] : undefined
  const simulated = { account: address, ...call, stateOverride }
  try {
    await client.call({ ...simulated, blockTag: 'latest' })
    return { revert: null, gas: await client.estimateGas({ ...simulated, blockTag: 'latest' }), value: call.value }
  } catch (error) {
    return { revert: revertOf(error, address, decision.kind).reason, gas: 0n, value: call.value }
  }
}

/**
 * Looks what became of the results that something would have been done about, and records what that would have earned.
 *
 * @param open what the index shows as not settled
 * @param now seconds of chain time at the last block that the index has seen
 */
export async function settleShadow(it: Watch, open: readonly Collected[], now: bigint): Promise<void> {
  const { journal, log } = it
  const unchallenged = new Set(
    open.filter(({ result }) => result.status === 'posted' && now > result.windowEnd).map(({ key }) => key),
  )
  const acts = (await unsettledWouldActs(journal)).filter(
    (act) =>
      act.outcome !== null ||
      act.settlement !== null ||
      act.vanishedAt !== null ||
      (act.kind === 'challenge' && unchallenged.has(act.observationKey ?? '')),
  )
  if (acts.length === 0) return
  const challenged = await challengedOf(it, acts)
  const findings = await findingsOf(
    journal,
    acts.map(({ observationKey }) => observationKey ?? ''),
  )
  for (const act of acts) {
    const key = act.observationKey ?? ''
    const found = outcomeOf(act, {
      challenged: challenged.has(act.resultId ?? ''),
      provable: findings.get(key)?.kind === 'provable',
      unchallenged: unchallenged.has(key),
      ownChallenge: (await wouldActOf(journal, `challenge:${key}`))?.revert === null,
    })
    if ((found?.outcome ?? null) === act.outcome) continue
    const outcome = found && { outcome: found.outcome, earned: String(found.earned) }
    await settleWouldAct(journal, act.key, outcome ?? { outcome: null, earned: null })
    const { net, untested, open: waiting } = await shadowEarnings(journal)
    const sums = { net: String(net), untested: String(untested), open: waiting }
    log.info({ action: act.kind, result: act.resultId, ...outcome, ...sums }, 'it would have earned')
  }
}

/** Which of these results somebody has challenged. */
async function challengedOf({ config }: Watch, acts: readonly Unsettled[]): Promise<Set<string>> {
  const ids = [...new Set(acts.flatMap(({ resultId }) => resultId ?? []))]
  const challenged = new Set<string>()
  for (let i = 0; i < ids.length; i += 200) {
    const { results } = await askIndex(config.apiUrl, { ids: ids.slice(i, i + 200) })
    for (const { id, challenge } of results) if (challenge) challenged.add(id)
  }
  return challenged
}
