import { type Hex, hexToBytes } from 'viem'
import { type Canary, noteCanary, sendsOf } from '../journal/canary.ts'
import type { CanaryOutcome, CanaryStep } from '../journal/canary-tables.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import type { CanaryContext } from './context.ts'
import { canaryCost } from './cost.ts'
import { readFacts } from './facts.ts'
import { type CanaryFacts, type CanaryTerms, nextStep, outcomeOf } from './next-step.ts'
import { advance, type CanaryCall, type Sending, sweep } from './send.ts'

/** Seconds of slack where none is set: a tenth of the challenge window. */
const SLACK_SHARE = 10n

/**
 * Looks at an open canary once: notes how it does, and takes the next step if there is one.
 *
 * @returns the canary as it is now; settled once `settledAt` is set
 * @throws StepRefusedError when the step is refused now; worth another look
 */
export async function goOn(it: CanaryContext, before: Canary): Promise<Canary> {
  const { chain, journal, canary: config, log, clock } = it
  const { challengeWindow, revealWindow } = chain.parameters
  const slack = config.slackS === undefined ? challengeWindow / SLACK_SHARE : BigInt(config.slackS)
  const terms: CanaryTerms = { revealWindow, slack }
  const sending: Sending = { ...it, account: config.account }
  await sweep(sending, before.id)
  const facts = await readFacts(chain, config.account.address, before)
  let run = await noted(it, before, await observed(it, before, facts))
  const claims = await sendsOf(journal, run.id, 'claimSilence')
  const own = claims.some(({ state }) => state === 'mined')
  run = await noted(it, run, outcomeChange(run, outcomeOf(run, facts, terms, own), facts))

  const next = nextStep(run, facts, terms)
  switch (next.kind) {
    case 'wait':
      return run
    case 'send':
      await advance(sending, run, next.step, callOf(run, next.step, config.account.address, facts))
      return run
    case 'abandon':
      run = await noted(it, run, { outcome: 'abandoned', reason: next.reason })
      return noted(it, run, await end(facts))
    case 'over':
      return noted(it, run, await end(facts))
  }

  async function end({ status }: CanaryFacts): Promise<Partial<Canary>> {
    const gas = (await sendsOf(journal, run.id)).reduce((wei, { gasPaid }) => wei + BigInt(gasPaid ?? 0), 0n)
    const { bond, back } = canaryCost(chain.parameters, 0, 0n)
    const cost = String(gas + (status === 'rejected' ? bond - back : 0n))
    log.info({ resultId: run.resultId, outcome: run.outcome, gas: String(gas), cost }, 'a canary is over')
    return { cost, settledAt: clock() }
  }
}

/** What is new on chain about a canary. */
async function observed(
  { chain, journal, clock }: CanaryContext,
  run: Canary,
  { status, windowEnd, challenger }: CanaryFacts,
): Promise<Partial<Canary>> {
  const change: Partial<Canary> = {}
  if (status === 'none' || status === 'requested' || status === 'expired') return change
  if (run.postedAt === null) change.postedAt = clock()
  if (status === 'posted') change.windowEnd = Number(windowEnd)
  else if (run.windowEnd === null) {
    // Challenged before it was looked at: then only the block that it was posted in tells.
    const post = (await sendsOf(journal, run.id, 'post')).find(({ state }) => state === 'mined')
    if (post) {
      const { blockNumber } = await chain.client.getTransactionReceipt({ hash: post.hash as Hex })
      const { timestamp } = await chain.client.getBlock({ blockNumber })
      change.windowEnd = Number(timestamp + chain.parameters.challengeWindow)
    }
  }
  change.challenger = challenger
  change.caughtAt = challenger === null ? null : (run.caughtAt ?? clock())
  return change
}

const REASONS: Record<CanaryOutcome, (run: Canary) => string> = {
  caught: () => 'the watcher challenged it in time',
  late: () => 'the watcher challenged it later than it should',
  other: (run) => `${run.challenger} challenged it first, not the watcher`,
  missed: () => 'nobody challenged it in time',
  unclaimed: () => 'the watcher challenged it and did not claim the silence',
  abandoned: () => 'nobody could answer the request in time',
}

function outcomeChange(run: Canary, outcome: CanaryOutcome | null, facts: CanaryFacts): Partial<Canary> {
  // A result that is gone in a reorg is posted again.
  if (outcome === null)
    return facts.status === 'none' || facts.status === 'requested' || facts.status === 'posted'
      ? { outcome, reason: null }
      : {}
  return { outcome, reason: REASONS[outcome](run) }
}

/** Records what changes, and says how it ended when that is new. */
async function noted({ journal, log }: CanaryContext, run: Canary, change: Partial<Canary>): Promise<Canary> {
  const names = Object.keys(change) as (keyof Canary)[]
  if (names.every((name) => run[name] === change[name])) return run
  await noteCanary(journal, run.id, change)
  const now = { ...run, ...change }
  if (now.outcome !== run.outcome && now.outcome !== null) {
    const about = { resultId: now.resultId, outcome: now.outcome, reason: now.reason, watcher: now.watcher }
    if (now.outcome === 'caught') log.info(about, 'the canary was caught')
    else log.error(about, 'the canary was not caught as it should be')
  }
  return now
}

function callOf(run: Canary, step: CanaryStep, account: Hex, { freeBond }: CanaryFacts): CanaryCall {
  const payload = (data: string) => ({ hash: sha256Hex(hexToBytes(data as Hex)), uri: '', data })
  switch (step) {
    case 'bond':
      return { args: [], value: BigInt(run.bond) - freeBond }
    case 'request':
      return { args: [run.modelId, account, payload(run.input), BigInt(run.deadline)], value: 0n }
    case 'post':
      return { args: [run.requestId, payload(run.output)], value: 0n }
    case 'expire':
      return { args: [run.requestId], value: 0n }
    case 'unbond':
      return { args: [freeBond], value: 0n }
    case 'claimSilence':
    case 'finalize':
      return { args: [run.resultId], value: 0n }
    case 'withdraw':
      return { args: [account], value: 0n }
  }
}
