import { createPublicClient, http } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { AnswerRecord } from '../node/node.ts'
import { contractStatuses, isSettled, nameOf, reasons, type Status } from '../protocol/status.ts'

/** What a demo prints last. Counts of results; the reward in wei, decimal. */
export interface Report {
  results: number
  honest: number
  fraudulent: number
  challenged: number
  falseChallenges: number
  missed: number
  undetermined: number
  rejected: number
  finalized: number
  rewardWei: string
  seconds: number
}

/** What one result is by its node's own account, and what became of it on chain. */
export interface Outcome {
  resultId: `0x${string}`
  dishonest: string | null
  status: Status
  challenged: boolean
}

const NOBODY = '0x0000000000000000000000000000000000000000'

/** Reads from the chain, not from index or watcher, what became of each answer. */
export async function outcomesOf(
  rpcUrl: string,
  contract: `0x${string}`,
  answers: readonly AnswerRecord[],
): Promise<Outcome[]> {
  const client = createPublicClient({ transport: http(rpcUrl, { batch: true }), cacheTime: 0 })
  const call = { address: contract, abi: gainsayAbi } as const
  return Promise.all(
    answers.map(async ({ resultId, dishonest }) => {
      const [status, { challenger }] = await Promise.all([
        client.readContract({ ...call, functionName: 'statusOf', args: [resultId] }),
        client.readContract({ ...call, functionName: 'resultOf', args: [resultId] }),
      ])
      return { resultId, dishonest, status: nameOf(contractStatuses, status), challenged: challenger !== NOBODY }
    }),
  )
}

/** Wei that an account was ever credited as rewards, from the contract's own events. */
export async function rewardsOf(rpcUrl: string, contract: `0x${string}`, account: `0x${string}`): Promise<bigint> {
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 })
  const event = gainsayAbi.find((item) => item.type === 'event' && item.name === 'Credited')
  if (event?.type !== 'event' || event.name !== 'Credited') throw new Error('the ABI has no event Credited')
  const logs = await client.getLogs({ address: contract, event, args: { account }, fromBlock: 0n, strict: true })
  return logs
    .filter(({ args }) => nameOf(reasons, args.reason) === 'reward')
    .reduce((sum, { args }) => sum + args.amount, 0n)
}

/** Counts outcomes. Pure. */
export function reportOf(outcomes: readonly Outcome[], known: Pick<Report, 'undetermined' | 'rewardWei' | 'seconds'>) {
  const count = (matches: (outcome: Outcome) => boolean) => outcomes.filter(matches).length
  const report: Report = {
    results: outcomes.length,
    honest: count(({ dishonest }) => dishonest === null),
    fraudulent: count(({ dishonest }) => dishonest !== null),
    challenged: count(({ challenged }) => challenged),
    falseChallenges: count(({ challenged, dishonest }) => challenged && dishonest === null),
    missed: count(({ dishonest, status }) => dishonest !== null && status !== 'rejected'),
    undetermined: known.undetermined,
    rejected: count(({ status }) => status === 'rejected'),
    finalized: count(({ status }) => status === 'finalized'),
    rewardWei: known.rewardWei,
    seconds: known.seconds,
  }
  return report
}

/** Whether everything that was asked for is settled, nobody was wronged and nothing was missed. */
export function isGood(report: Report, asked: number): boolean {
  return (
    report.results === asked &&
    report.rejected + report.finalized === asked &&
    report.falseChallenges === 0 &&
    report.missed === 0
  )
}

/** Whether every outcome is an end. */
export function allSettled(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ status }) => isSettled(status))
}
