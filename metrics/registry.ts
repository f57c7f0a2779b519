import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { formatEther } from 'viem'
import type { Gauges } from '../watcher/gauges.ts'
import type { EndpointHealth } from './endpoint-health.ts'
import { earningsOf, type Facts } from './facts.ts'

/** Everything that is measured, at one moment. */
export interface Measured {
  facts: Facts
  gauges: Gauges
  endpoints: readonly EndpointHealth[]
  webhook: { waiting: number; failed: number }
  /** Unix milliseconds */
  now: number
}

/** What does not change while the process runs. */
export interface About {
  version: string
  mode: string
  chainId: number
  contract: string
  account: string | undefined
}

/**
 * The metrics of a watcher. `show` puts what was measured into them; `register` holds them for Prometheus.
 *
 * Wei are shown as ETH in floating point, good for graphs and alerts: about 15 digits. The exact amounts are in the journal
 * (`gainsay journal export entries`).
 */
export function createMetrics(about: About): { register: Registry; show: (measured: Measured) => void } {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const all: Gauge[] = []
  const gauge = (name: string, help: string, labelNames: string[] = []) => {
    const made = new Gauge({ name: `gainsay_${name}`, help, labelNames, registers: [register] })
    all.push(made)
    return made
  }
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `gainsay_${name}`, help, labelNames, registers: [register] })

  const info = gauge('info', 'What runs: always 1', ['version', 'mode', 'chain_id', 'contract', 'account'])
  const roundAge = gauge('last_round_age_seconds', 'Seconds since a round last ended well')
  const head = gauge('head_block', "The chain's latest block as the watcher saw it")
  const lag = gauge('index_lag_blocks', 'Blocks that the index is behind the chain')
  const slack = gauge(
    'deadline_slack_seconds',
    'Seconds of chain time until the nearest deadline of an open action; absent when there is none',
  )
  const queue = gauge('queue_length', 'Results whose replay is due')
  const open = gauge('open_results', 'Results that are not settled, by our verdict', ['verdict'])
  const unchecked = gauge('unchecked_results', 'Results that sampling has left out')
  const verdicts = gauge('replays', 'Results judged, by verdict', ['verdict'])
  const results = gauge('results', 'Results seen, by network and our verdict', ['network', 'verdict'])
  const steps = gauge('escalations', 'Results judged, by the step that settled them', ['step'])
  const second = gauge('second_opinions', 'Verdicts that took the second runtime')
  const share = gauge('second_opinion_disagreement_ratio', 'Share of those in which the runtimes disagreed')
  const disputes = gauge('open_disputes', 'Challenges of ours on results that are not settled')
  const actions = gauge('actions', 'What was intended on chain', ['kind', 'state'])
  const transactions = gauge('transactions', 'Transactions that were signed, by state', ['state'])
  const breaker = gauge('breaker_open', '1 while all sending is stopped, else 0')
  const ledger = gauge('ledger_eth', 'Sums of the ledger in ETH, as a float: exact wei are in the journal', [
    'account',
    'kind',
  ])
  const earned = gauge('ledger_earned_eth', 'Rewards less what was lost and spent on gas, ETH', ['account'])
  const unexplained = gauge('ledger_unexplained_eth', 'Balance that no entry explains, ETH', ['account'])
  const differences = gauge('ledger_differences', 'Differences between ledger and chain', ['account'])
  const checkedAge = gauge('ledger_check_age_seconds', 'Seconds since the ledger was held against the chain', [
    'account',
  ])
  const bytes = gauge('journal_bytes', "Size of the journal's file")
  const rpcUp = gauge('rpc_up', 'Whether an endpoint answers: 1, 0.5 when it asked for a pause, 0', ['endpoint'])
  const latency = gauge('rpc_latency_seconds', "An endpoint's latency of late", ['endpoint'])
  const rpcBlock = gauge('rpc_block', 'The latest block that an endpoint has shown', ['endpoint'])
  const requests = counter('rpc_requests_total', 'Requests to an endpoint', ['endpoint'])
  const errors = counter('rpc_errors_total', 'Failed requests to an endpoint', ['endpoint'])
  const waiting = gauge('webhook_waiting', 'Notices that wait to be delivered')
  const failed = counter('webhook_failed_total', 'Notices that could not be delivered')

  const show = ({ facts, gauges, endpoints, webhook, now }: Measured) => {
    // What is gone, such as the last open deadline, must not be shown with its last value.
    for (const one of all) one.reset()
    const { version, mode, chainId, contract, account = 'none' } = about
    info.set({ version, mode, chain_id: String(chainId), contract, account }, 1)
    const known = (it: Gauge, value: number | null) => (value === null ? it.remove() : it.set(value))
    known(roundAge, gauges.lastRoundAt && (now - gauges.lastRoundAt) / 1000)
    known(head, gauges.headBlock === null ? null : Number(gauges.headBlock))
    const behind = gauges.headBlock === null || gauges.indexBlock === null ? null : gauges.headBlock - gauges.indexBlock
    known(lag, behind === null ? null : Math.max(0, Number(behind)))
    const { nextDeadline } = facts
    known(
      slack,
      nextDeadline === null || gauges.chainTime === null ? null : nextDeadline.deadline - Number(gauges.chainTime),
    )
    queue.set(facts.queue)
    unchecked.set(facts.unchecked)
    for (const [verdict, n] of Object.entries(facts.openResults)) open.set({ verdict }, n)
    for (const [verdict, n] of Object.entries(facts.verdicts)) verdicts.set({ verdict }, n)
    for (const { network, verdict, n } of facts.networks) results.set({ network, verdict }, n)
    for (const [step, n] of Object.entries(facts.steps)) steps.set({ step }, n)
    const { asked, disagreed } = facts.secondOpinions
    second.set(asked)
    share.set(asked === 0 ? 0 : disagreed / asked)
    disputes.set(facts.openDisputes)
    for (const { kind, state, n } of facts.actions) actions.set({ kind, state }, n)
    for (const [state, n] of Object.entries(facts.transactions)) transactions.set({ state }, n)
    breaker.set(facts.trips.length > 0 ? 1 : 0)
    bytes.set(facts.bytes)
    for (const { account, wei, ...rest } of facts.ledgers) {
      for (const [kind, amount] of Object.entries(wei)) ledger.set({ account, kind }, eth(amount))
      earned.set({ account }, eth(earningsOf(wei)))
      unexplained.set({ account }, eth(rest.unexplained))
      differences.set({ account }, rest.differences)
      checkedAge.set({ account }, (now - rest.checkedAt) / 1000)
    }
    requests.reset()
    errors.reset()
    for (const { name: endpoint, state, latencyMs, block, ...health } of endpoints) {
      rpcUp.set({ endpoint }, { up: 1, limited: 0.5, down: 0 }[state])
      if (latencyMs !== null) latency.set({ endpoint }, latencyMs / 1000)
      if (block !== null) rpcBlock.set({ endpoint }, Number(block))
      requests.inc({ endpoint }, health.requests)
      errors.inc({ endpoint }, health.errors)
    }
    waiting.set(webhook.waiting)
    failed.reset()
    failed.inc(webhook.failed)
  }
  return { register, show }
}

/** Rounded to what a float holds: for eyes and thresholds, never for accounting. */
function eth(wei: bigint): number {
  return Number(formatEther(wei))
}
