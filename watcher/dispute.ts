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
  /** our commitment to the proof that was found, and whether it is on chain */
  commitment: { hash: Hex; onChain: boolean } | undefined
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
 * decide. Anyone may convict, so it does not matter whose challenge it was.
 */
export function decideDispute(it: DisputeSituation): Decision | null {
  const { key, result, finding, me, now } = it
  const about = { observationKey: key, result, deadline: result.windowEnd }
  if (result.status !== 'revealed' || !finding) return null
  const mine = result.demands.filter(({ demander }) => demander.id === me)
  const overdue = mine.find(({ status, until }) => status === 'open' && now > until)
  if (overdue)
    return {
      ...about,
      key: `claimWithheld:${overdue.id}`,
      kind: 'claimWithheld',
      reason: 'the node did not supply what was demanded in time',
      dispute: call('claimWithheld', [overdue.id]),
    }
  if (now > result.windowEnd) return null
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
      return {
        ...about,
        key: `convict:${key}`,
        kind: 'convict',
        reason: finding.reason,
        dispute: call('convict', [result.id, proof, salt]),
      }
    }
    case 'withheld':
      if (mine.length > 0 || !it.demandProof) return appealed(it, about)
      return {
        ...about,
        key: `demand:${key}`,
        kind: 'demand',
        reason: finding.reason,
        dispute: {
          ...call('demand', [result.id, { entry: 0, first: 0, count: 0 }, it.demandProof]),
          // The node may get demands of its own in first, to raise the fee. What is not needed is credited at once.
          value: it.demandFee * 2n,
        },
      }
    case 'unprovable':
      return appealed(it, about)
  }
}

/** Brings what no element proves before the model's arbiter, once. */
function appealed(
  { key, result, finding, me }: DisputeSituation,
  about: Pick<Decision, 'observationKey' | 'result' | 'deadline'>,
): Decision | null {
  if (result.model.arbiter.id === NOBODY || result.appeals.some(({ appellant }) => appellant.id === me)) return null
  // A demand that may still go unanswered wins more surely.
  if (result.demands.some(({ status, demander }) => status === 'open' && demander.id === me)) return null
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

/** Fees of our demands on a settled result: whoever they belong to now, somebody has to say so. */
export function decideFees(key: string, result: IndexedResult, me: string): Decision | null {
  const demand = result.demands.find(
    ({ status, demander }) =>
      demander.id === me && (status === 'open' || status === 'supplied' || status === 'withheld'),
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
