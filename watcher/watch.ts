import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { PrivateKeyAccount } from 'viem/accounts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { openActions, provabilityOf, type VerdictRow, verdictsOf } from '../journal/queries.ts'
import { act } from './act.ts'
import { archiver } from './archive.ts'
import { type Collected, collect } from './collect.ts'
import type { Watch } from './context.ts'
import { decideResult, decideWithdrawal } from './decide.ts'
import { decideDisputes, examiner } from './disputes.ts'
import { noteRound } from './gauges.ts'
import { isDue, judge } from './judge.ts'
import { ledgerKeeper } from './ledger.ts'
import { retire, settle } from './settle.ts'

/**
 * Runs a watcher until `signal` aborts: collect → replay → judge → decide → act → settle, over and over. Replays run
 * beside the loop, nearest deadline first, so that a slow model delays no transaction. A step that fails is logged and
 * tried again in the next round; everything that matters is in the journal, so it may be killed at any moment.
 */
export async function watch(it: Watch, signal: AbortSignal): Promise<void> {
  const replays = new PQueue({ concurrency: it.config.replayWorkers * BATCH })
  const archive = archiver(it)
  const traces = examiner(it, signal)
  const ledger = ledgerKeeper(it, signal)
  const replaying = new Map<string, Promise<void>>()
  let failing = ''
  while (!signal.aborted) {
    try {
      const { open, requests, view } = await collect(it)
      archive(open, requests)
      await queueReplays(it, open, replays, replaying, signal)
      const head = await it.chain.client.getBlock({ blockTag: 'latest' })
      const verdicts = await verdictsOf(
        it.journal,
        open.map(({ key }) => key),
      )
      await traces.look(open, verdicts, head.timestamp)
      await decideAndAct(it, open, verdicts, head.timestamp)
      ledger.look()
      noteRound(it, view, head)
      if (failing) it.log.info('the round works again')
      failing = ''
    } catch (error) {
      const message = (error as Error).message
      // The same trouble round after round is said once.
      if (message !== failing) it.log.warn({ err: error }, 'a round failed; trying again')
      failing = message
    }
    await sleep(it.config.pollMs, undefined, { signal }).catch(() => {})
  }
  // Those that wait for a place give up when they get it.
  await Promise.all([...replaying.values(), traces.stop(), ledger.stop()])
}

/** Replays in hand for each worker: the pool sends those of one model to a child together. */
const BATCH = 32

async function queueReplays(
  it: Watch,
  open: Collected[],
  replays: PQueue,
  replaying: Map<string, Promise<void>>,
  signal: AbortSignal,
): Promise<void> {
  const judged = await verdictsOf(
    it.journal,
    open.map(({ key }) => key),
  )
  const now = it.clock()
  for (const collected of open) {
    const before = judged.get(collected.key)
    if (!isDue(before, collected, now) || replaying.has(collected.key)) continue
    const priority = -Number(collected.result.windowEnd)
    const judging = judge(it, collected, before?.tries ?? 0, signal, (replay) => replays.add(replay, { priority }))
      .catch((error: unknown) => it.log.error({ err: error, result: collected.result.id }, 'a replay failed'))
      .finally(() => replaying.delete(collected.key))
    replaying.set(collected.key, judging)
  }
}

async function decideAndAct(
  it: Watch,
  open: Collected[],
  verdicts: ReadonlyMap<string, VerdictRow>,
  now: bigint,
): Promise<void> {
  const { account, chain, journal } = it
  if (!account) return
  await settle(it, account)
  const me = account.address.toLowerCase()
  const provable = await provabilityOf(
    journal,
    open.map(({ result }) => result.model.modelHash),
  )
  const wanted = open
    .map(({ key, result }) => {
      const known = provable.get(result.model.modelHash)
      const about = { verdict: verdicts.get(key), provable: known && known.provable === 1 }
      return decideResult({ ...{ key, result, me, now }, ...about })
    })
    .filter((decision) => decision !== null)
  wanted.push(...(await decideDisputes(it, account, open, verdicts, now)))
  const withdrawal = decideWithdrawal({
    credit: await it.chain.client.readContract({ ...creditOf(it, account) }),
    challengeBond: chain.parameters.challengeBond,
    disputes: open.filter(({ result }) => result.challenge?.challenger.id === me).length + wanted.length,
  })
  if (withdrawal) wanted.push(withdrawal)
  await retire(it, await openActions(journal), new Set(wanted.map(({ key }) => key)))
  // Nearest deadline first; what can wait goes last.
  wanted.sort((a, b) => Number((a.deadline ?? 2n ** 62n) - (b.deadline ?? 2n ** 62n)))
  for (const decision of wanted) {
    try {
      await act(it, account, decision)
    } catch (error) {
      // One that cannot be sent must not keep the others from their deadlines; it is decided again next round.
      it.log.warn({ err: error, action: decision.kind, result: decision.result?.id }, 'an action failed; trying again')
    }
  }
}

function creditOf({ chain }: Watch, account: PrivateKeyAccount) {
  return { address: chain.contract, abi: gainsayAbi, functionName: 'creditOf', args: [account.address] } as const
}
