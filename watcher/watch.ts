import { setTimeout as sleep } from 'node:timers/promises'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { ChainError } from '../chain/connect.ts'
import { mayBeLive } from '../config/policy.ts'
import { openActions, type Provability, provabilityOf, type VerdictRow, verdictsOf } from '../journal/queries.ts'
import { act } from './act.ts'
import { archiver } from './archive.ts'
import { checkBreaker, disagreement } from './breaker.ts'
import { collector } from './collect.ts'
import type { Watch } from './context.ts'
import { canWin, type Decision, decideResult, decideWithdrawal } from './decide.ts'
import { decideDisputes, examiner } from './disputes.ts'
import { complaints, policyState, type Round } from './gate.ts'
import { noteRound } from './gauges.ts'
import { identityCheck } from './identity.ts'
import { ledgerKeeper } from './ledger.ts'
import { modeOf } from './policy/mode.ts'
import { afterwards, type PolicyState, permit } from './policy/permit.ts'
import { replayer } from './replays.ts'
import { type Self, selfOf } from './self.ts'
import { retire, settle } from './settle.ts'
import { pretend, settleShadow } from './shadow.ts'

/**
 * Watches a Gainsay contract until `signal` aborts: collect → replay → judge → decide → permit → act → settle, over and over. Replays
 * run beside the loop, least slack first, so that a slow model delays no transaction. A step that fails is logged and tried
 * again in the next round; everything that matters is in the journal, so it may be killed at any moment.
 */
export async function watch(it: Watch, signal: AbortSignal): Promise<void> {
  const replays = replayer(it, signal)
  const archive = archiver(it)
  const traces = examiner(it, signal)
  const ledger = ledgerKeeper(it, signal)
  const collect = collector(it)
  const checkIdentity = identityCheck(it)
  const complain = complaints(it)
  const compared = new Set<string>()
  const said = new Set<string>()
  let failing = ''
  while (!signal.aborted) {
    try {
      await checkIdentity()
      const { open, requests, view, head, distrust, reorged } = await collect()
      archive(open, requests)
      await replays.queue(open, head.timestamp)
      const verdicts = await verdictsOf(
        it.journal,
        open.map(({ key }) => key),
      )
      for (const known of [compared, said])
        for (const key of known) if (!open.some((one) => one.key === key)) known.delete(key)
      await traces.look(open, verdicts, head.timestamp)
      noteRound(it, view, head)
      // Replays go on meanwhile.
      if (distrust) throw new Error(`Nothing is sent: ${distrust}.`)
      await decideAndAct(it, { open, view, head, reorged }, verdicts, { complain, compared, said })
      ledger.look()
      if (failing) it.log.info('the round works again')
      failing = ''
    } catch (error) {
      if (error instanceof ChainError && error.kind === 'changed') throw error
      const message = (error as Error).message
      // The same trouble round after round is said once.
      if (message !== failing) it.log.warn({ err: error }, 'a round failed; trying again')
      failing = message
    }
    await sleep(it.config.pollMs, undefined, { signal }).catch(() => {})
  }
  await Promise.all([replays.stop(), traces.stop(), ledger.stop()])
}

/** What lasts from round to round. */
interface Memory {
  complain: ReturnType<typeof complaints>
  /** observations that index and chain were found to agree about */
  compared: Set<string>
  /** observations of which was said that they are invalid and not challenged */
  said: Set<string>
}

async function decideAndAct(
  it: Watch,
  round: Round,
  verdicts: ReadonlyMap<string, VerdictRow>,
  memory: Memory,
): Promise<void> {
  const { account, journal } = it
  const { policy } = it.config
  const sends = account !== undefined && mayBeLive(policy)
  if (sends) await settle(it, account, round.reorged)
  // By the clock of the index: a challenge that it has not seen yet must not look like none.
  await settleShadow(it, round.open, round.view.timestamp)
  const open = round.open.filter(({ result }) => modeOf(policy, result.model.id) !== 'watch')
  if (modeOf(policy) === 'watch') return
  const trips = await checkBreaker(it, round.view)
  const provable = await provabilityOf(
    journal,
    open.map(({ result }) => result.model.modelHash),
  )
  const me = selfOf(it)
  const wanted = await decide(it, me, { ...round, open }, verdicts, provable, memory)
  // Nearest deadline first; what can wait goes last.
  wanted.sort((a, b) => Number((a.deadline ?? 2n ** 62n) - (b.deadline ?? 2n ** 62n)))
  let state: PolicyState | undefined
  let begun = 0
  for (const decision of wanted) await attempt(decision)
  const mine = open.filter(({ result }) => result.challenge?.challenger.id === me.address.toLowerCase())
  // After the others: what is held back must not keep us from our money.
  const withdrawal = await decideCredit(it, me, mine.length + begun)
  if (withdrawal) {
    await attempt(withdrawal)
    wanted.push(withdrawal)
  }
  if (sends) await retire(it, await openActions(journal), new Set(wanted.map(({ key }) => key)))
  memory.complain.endRound()

  async function attempt(decision: Decision): Promise<void> {
    try {
      state = await carryOut(decision, state ?? (await policyState(it, me, round, { trips, provable })))
    } catch (error) {
      // One that cannot be sent must not keep the others from their deadlines; it is decided again next round.
      it.log.warn({ err: error, action: decision.kind, result: decision.result?.id }, 'an action failed; trying again')
    }
  }

  async function carryOut(decision: Decision, known: PolicyState): Promise<PolicyState> {
    const mode = modeOf(policy, decision.result?.model.id)
    const answer = permit(decision, known)
    const isPretence = !answer.send && answer.kind === 'mode' && mode === 'shadow'
    if (!answer.send && !isPretence) {
      memory.complain.say(decision, answer)
      return known
    }
    const { result, observationKey: key } = decision
    if (result && key) {
      const difference = await disagreement(it, result, round.head.number, memory.compared.has(key))
      if (difference) return { ...known, stopped: difference }
      memory.compared.add(key)
    }
    begun++
    if (isPretence) await pretend(it, me, decision, known)
    else if (account) await act(it, account, decision)
    return afterwards(decision, known)
  }
}

/** Everything that the watcher wants done about results now. */
async function decide(
  it: Watch,
  { address }: Self,
  { open, head: { timestamp: now } }: Round,
  verdicts: ReadonlyMap<string, VerdictRow>,
  provable: ReadonlyMap<string, Provability>,
  memory: Memory,
): Promise<Decision[]> {
  const me = address.toLowerCase()
  const wanted = open
    .map(({ key, result }) => {
      const about = { verdict: verdicts.get(key), provability: provable.get(result.model.modelHash) }
      const { arbiters, policy } = it.config
      const known = { key, result, me, now, arbiters, withoutArbiter: policy.withoutArbiter, ...about }
      const isWrong = result.status === 'posted' && about.verdict?.kind === 'invalid' && about.provability !== undefined
      if (isWrong && !canWin(known) && !memory.said.has(key)) {
        memory.said.add(key)
        const { id: model, arbiter } = result.model
        it.log.warn(
          { result: result.id, model, arbiter: arbiter.id },
          'invalid, and not challenged: nobody is sure to win; see GAINSAY_ARBITERS and GAINSAY_WITHOUT_ARBITER',
        )
      }
      return decideResult(known)
    })
    .filter((decision) => decision !== null)
  return [...wanted, ...(await decideDisputes(it, { address }, open, verdicts, now))]
}

async function decideCredit({ chain }: Watch, { address, invented }: Self, disputes: number) {
  if (invented) return null
  const call = { address: chain.contract, abi: gainsayAbi, functionName: 'creditOf', args: [address] } as const
  const owned = await chain.agreed(async (client, blockNumber) => {
    const credit = await client.readContract({ ...call, blockNumber })
    // Without either, what the account has does not matter.
    const matters = credit > 0n && disputes > 0
    return { credit, balance: matters ? await client.getBalance({ address, blockNumber }) : 0n }
  })
  return decideWithdrawal({ ...owned, challengeBond: chain.parameters.challengeBond, disputes })
}
