import { encodeFunctionData, type Hex, sha256, stringToHex } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import type { Finding } from '../journal/queries.ts'
import type { Decision } from './decide.ts'
import type { IndexedResult } from './index-client.ts'

/** What is known of one revealed result at one moment. */
export interface DisputeSituation {
  key: string
  result: IndexedResult
  /** what its trace has shown; undefined while nobody has looked */
  finding: Finding | undefined
  /** whether the contract can judge anything of this result: see `isCheckable` */
  checkable: boolean
  /** whether its model names an arbiter that we trust to rule */
  trusted: boolean
  /** whether to pay for demands in disputes that somebody else began, where there is no such arbiter */
  withoutArbiter: boolean
  /** our commitment to the proof that was found, whether it is on chain, and in a block that is not the latest one */
  commitment: { hash: Hex; onChain: boolean; isUsable: boolean } | undefined
  /** our address, lower case */
  me: string
  /** chain time, seconds */
  now: bigint
  /** wei that demanding a header of this result's trace costs now */
  demandFee: bigint
  /** shows that every node could supply what is demanded */
  demandProof: Hex | undefined
}

const NOBODY = '0x0000000000000000000000000000000000000000'

/**
 * What to do about a result whose trace is revealed and that we hold for invalid: convict it by the proof that was found;
 * demand the trace if it is withheld, and claim the bond when the demand goes unanswered; appeal where the contract cannot
 * decide. Anyone may convict, so it does not matter whose challenge it was; nor whose demand it was that went unanswered,
 * for a part can be demanded only once, and the node's own friends may be the first.
 */
export function decideDispute(it: DisputeSituation): Decision | null {
  const { key, result, finding, me, now } = it
  const about = { observationKey: key, result, deadline: result.windowEnd }
  if (result.status !== 'revealed' || !finding || now > result.windowEnd) return null
  const missing = result.demands.filter(({ status, until }) => status === 'open' && now > until)
  const mine = missing.find(({ demander }) => demander.id === me)
  // The reward is the demander's: what we can convict ourselves, we do.
  const overdue = mine ?? (finding.kind === 'provable' ? undefined : missing[0])
  if (overdue)
    return {
      ...about,
      key: `claimWithheld:${overdue.id}`,
      kind: 'claimWithheld',
      reason: 'the node did not supply what was demanded in time',
      dispute: call('claimWithheld', [overdue.id]),
    }
  if (!it.checkable) return appealed(it, about)
  switch (finding.kind) {
    case 'provable': {
      const proof = finding.proof as Hex
      const salt = finding.salt as Hex
      if (!it.commitment) return null
      if (!it.commitment.onChain)
        return {
          ...about,
          key: `commit:${key}`,
          kind: 'commit',
          reason: `${finding.reason}: announced first, so that nobody can copy the proof`,
          dispute: call('commit', [it.commitment.hash]),
        }
      // The next block is soon; until then the contract would refuse it.
      if (!it.commitment.isUsable) return null
      return {
        ...about,
        key: `convict:${key}`,
        kind: 'convict',
        reason: finding.reason,
        dispute: call('convict', [result.id, proof, salt]),
      }
    }
    case 'withheld':
      if (result.demands.some(isHeader) || !it.demandProof) return appealed(it, about)
      // A node that began the dispute itself would answer, keep the fee, and lose nothing.
      if (!it.trusted && !it.withoutArbiter && result.challenge?.challenger.id !== me) return null
      return {
        ...about,
        key: `demand:${key}`,
        kind: 'demand',
        reason: finding.reason,
        dispute: {
          ...call('demand', [result.id, HEADER, it.demandProof]),
          // The node may get demands of its own in first, to raise the fee. What is not needed is credited at once.
          value: it.demandFee * 2n,
        },
      }
    case 'unprovable':
      return appealed(it, about)
  }
}

/**
 * Brings what no element proves before the model's arbiter, once. Somebody else's dispute only where we trust the arbiter: any
 * other may be the node's own, who never rules, and each appeal would cost us gas and the node nothing.
 */
function appealed(
  { key, result, finding, me, checkable, trusted }: DisputeSituation,
  about: Pick<Decision, 'observationKey' | 'result' | 'deadline'>,
): Decision | null {
  if (result.model.arbiter.id === NOBODY || result.appeals.some(({ appellant }) => appellant.id === me)) return null
  if (!trusted && result.challenge?.challenger.id !== me) return null
  // A demand that may still go unanswered wins more surely.
  if (checkable && result.demands.some(({ status }) => status === 'open')) return null
  const evidence = stringToHex(
    JSON.stringify({
      result: result.id,
      model: result.model.modelHash,
      input: result.request.inputHash,
      output: result.outputHash,
      trace: finding?.reason,
      replay: 'gainsay judge',
    }),
  )
  return {
    ...about,
    key: `appeal:${key}`,
    kind: 'appeal',
    reason: finding?.reason ?? 'the trace could not be looked at',
    dispute: call('appeal', [result.id, sha256(evidence), '', evidence]),
  }
}

/** What of a withheld trace is demanded: the header of its first tensor, which every node that has a trace can supply. */
const HEADER = { entry: 0n, first: 0n, count: 0 } as const

function isHeader({ entry, first, count }: IndexedResult['demands'][number]): boolean {
  return entry === HEADER.entry && first === HEADER.first && count === HEADER.count
}

/**
 * Fees of our demands on a settled result: whoever they belong to now, somebody has to say so. Of the demand that won the
 * dispute nobody has to: claiming it returned its fee.
 */
export function decideFees(key: string, result: IndexedResult, me: string): Decision | null {
  const demand = result.demands.find(
    ({ status, demander }) => demander.id === me && (status === 'open' || status === 'supplied'),
  )
  if (!demand) return null
  return {
    key: `settleDemand:${demand.id}`,
    kind: 'settleDemand',
    observationKey: key,
    result,
    deadline: null,
    reason: 'the result is settled, so the fee of the demand is due',
    dispute: call('settleDemand', [demand.id]),
  }
}

function call(functionName: string, args: readonly unknown[]): { data: Hex; value: bigint } {
  return { data: encodeFunctionData({ abi: convictionAbi, functionName, args } as never), value: 0n }
}
