import { join } from 'node:path'
import Table from 'cli-table3'
import { formatEther } from 'viem'
import { type Chain, checkChain, connect, type OtherChain, otherChain } from '../chain/connect.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { loadAccount } from '../config/key.ts'
import { principalOf } from '../config/principal.ts'
import { browse, type Row } from '../journal/browse.ts'
import { LockedError, lockDataDir } from '../journal/lock.ts'
import { openDatabaseReadOnly, openJournalReadOnly } from '../journal/open.ts'
import { type CanaryReport, readCanaryReport } from '../metrics/canary-facts.ts'
import { type EndpointHealth, endpointHealth } from '../metrics/endpoint-health.ts'
import { earningsOf, type Facts, readFacts } from '../metrics/facts.ts'
import { askIndex } from '../watcher/index-client.ts'
import { canaryJournalPath } from './canary-path.ts'
import { environment } from './environment.js'
import { modeOf } from './outside.ts'
import { printable } from './printable.ts'

/** Open results of one status. */
export interface OpenResults {
  status: string
  n: number
  /** seconds of chain time until the first of their windows is over; null while chain time is unknown */
  slack: number | null
}

/** All that `gainsay status` shows. What could not be asked is null; `trouble` says why. */
export interface Status {
  mode: string
  account: string | null
  isRunning: boolean
  chain: { chainId: number; contract: string; head: bigint; time: bigint; balance: bigint | null } | null
  /** how far the index is, and by how many blocks behind */
  index: { block: bigint; lag: bigint | null } | null
  open: OpenResults[] | null
  journal: Facts | null
  /** what the canary of this data folder found; null where there is none */
  canary: CanaryReport | null
  lastVerdicts: Row[]
  endpoints: EndpointHealth[]
  trouble: string[]
}

/** `gainsay status`: what the watcher is doing, from journal, index and chain. Changes nothing; needs no running watcher. */
export async function runStatus({ json }: { json?: boolean }): Promise<void> {
  const status = await statusOf(parseConfig(environment), loadAccount(environment)?.address ?? null)
  if (json) console.log(JSON.stringify(status, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
  else console.log(render(status))
}

/** Gathers it. Each source by itself: one that is away hides no other. */
export async function statusOf(config: Config, account: `0x${string}` | null): Promise<Status> {
  const trouble: string[] = []
  const tried = async <T>(ask: () => Promise<T>): Promise<T | null> =>
    ask().catch((error: unknown) => {
      trouble.push((error as Error).message)
      return null
    })
  const { chainId, contract } = principalOf(config)
  const connected = await tried(() => chainOf(config))
  const chain =
    connected &&
    (await tried(async () => {
      const { client } = connected
      const { number: head, timestamp: time } = await client.getBlock({ blockTag: 'latest' })
      const balance = account && config.gainsay ? await client.getBalance({ address: account }) : null
      return { chainId, contract, head, time, balance }
    }))
  const view = await tried(() => askIndex(config.apiUrl, { status: ['posted', 'challenged', 'revealed'] }))
  const open = view?.results.reduce((all, { status, windowEnd }) => {
    const known = all.get(status) ?? { status, n: 0, slack: null }
    const slack = chain ? Number(windowEnd - chain.time) : null
    const nearest = slack === null || (known.slack !== null && known.slack < slack) ? known.slack : slack
    return all.set(status, { status, n: known.n + 1, slack: nearest })
  }, new Map<string, OpenResults>())

  const path = join(config.dataDir, 'journal.sqlite')
  const journal = openJournalReadOnly(path)
  if (!journal) trouble.push(`There is no journal in ${config.dataDir} yet, or an older version made it.`)
  const facts = journal ? await tried(() => readFacts(journal, Date.now())) : null
  await journal?.destroy()
  const canaries = openJournalReadOnly(canaryJournalPath(config.dataDir))
  const canary = canaries ? await tried(() => readCanaryReport(canaries, Date.now())) : null
  await canaries?.destroy()
  const database = openDatabaseReadOnly(path)
  const lastVerdicts = database ? [...browse(database, 'verdicts', {}, 5)].reverse() : []
  database?.close()
  return {
    ...{
      mode: !config.gainsay ? 'judging only: no contract' : account ? modeOf(config) : 'judging only: no key',
      account,
      isRunning: isRunning(config.dataDir),
      chain,
    },
    index: view && { block: view.blockNumber, lag: chain && chain.head - view.blockNumber },
    ...{ open: open ? [...open.values()] : null, journal: facts, canary, lastVerdicts },
    ...{ endpoints: connected ? endpointHealth(connected) : [], trouble },
  }
}

/** Connects to the principal chain. */
async function chainOf(config: Config): Promise<Chain | OtherChain> {
  if (!config.opengradient || config.gainsay) return connect(config)
  const chain = otherChain({ ...config, ...config.opengradient })
  await checkChain(chain, 'OPENGRADIENT')
  return chain
}

function canaryLines({ open, last, lastCaughtAt, costOfDay }: CanaryReport): (string | false)[] {
  const at = (ms: number) => new Date(ms).toISOString()
  return [
    last !== null &&
      `${last.outcome === 'caught' ? 'caught' : `NOT CAUGHT (${last.outcome})`}: ${printable(last.reason ?? '', 200)}`,
    lastCaughtAt === null ? 'none was ever caught' : `last caught ${at(lastCaughtAt)}`,
    open !== null && `one is under way since ${at(open.createdAt)}`,
    `24 hours cost ${eth(costOfDay)}`,
  ]
}

function isRunning(dataDir: string): boolean {
  try {
    lockDataDir(dataDir, 'watcher').release()
    return false
  } catch (error) {
    if (error instanceof LockedError) return true
    throw error
  }
}

const eth = (wei: bigint) => `${formatEther(wei)} ETH`

/** The status for people. Pure. */
export function render({ chain, index, open, journal: facts, ...it }: Status): string {
  const view = new Table({ style: { head: [], border: [] }, wordWrap: true })
  const row = (name: string, ...lines: (string | null | undefined | false)[]) =>
    view.push([name, lines.filter(Boolean).join('\n') || '–'])
  row('watcher', it.isRunning ? 'running' : 'not running', `mode: ${it.mode}`)
  row('account', it.account, chain?.balance != null && eth(chain.balance))
  row('chain', chain && `${chain.chainId}, block ${chain.head}`, chain?.contract)
  row('index', index && `block ${index.block}${index.lag === null ? '' : `, ${index.lag} behind`}`)
  row(
    'open results',
    ...(open ?? []).map(
      ({ status, n, slack }) => `${status} ${n}${slack === null ? '' : `, nearest deadline in ${slack} s`}`,
    ),
  )
  if (facts) {
    const { nextDeadline: next, trips } = facts
    row('sending', trips.length === 0 ? 'not stopped' : 'STOPPED', ...trips.map((reason) => printable(reason, 200)))
    row(
      'next deadline',
      next && `${next.kind} of ${next.resultId}${chain ? ` in ${next.deadline - Number(chain.time)} s` : ''}`,
    )
    row('queue', `${facts.queue} replays due`, facts.unchecked > 0 && `${facts.unchecked} left out by sampling`)
    row(
      'replays',
      `${facts.verdicts.valid} valid, ${facts.verdicts.invalid} invalid, ${facts.verdicts.undetermined} undetermined`,
    )
    row(
      'results',
      ...[...new Set(facts.networks.map(({ network }) => network))].map((name) => {
        const counts = facts.networks.filter(({ network, n }) => network === name && n > 0)
        return `${name}: ${counts.map(({ verdict, n }) => `${n} ${verdict}`).join(', ')}`
      }),
    )
    row('disputes', `${facts.openDisputes} open`)
    row('transactions', ...Object.entries(facts.transactions).map(([state, n]) => `${state} ${n}`))
    for (const { account, wei, ...ledger } of facts.ledgers) {
      const sums = Object.entries(wei).filter(([, amount]) => amount > 0n)
      row(
        'ledger',
        account,
        ledger.differences === 0
          ? `equal to the chain at block ${ledger.checkedBlock}`
          : `${ledger.differences} DIFFERENCES: gainsay journal check`,
        `earned ${eth(earningsOf(wei))}`,
        ...sums.map(([kind, amount]) => `${kind} ${eth(amount)}`),
        ledger.unexplained !== 0n && `unexplained ${eth(ledger.unexplained)}`,
      )
    }
  }
  if (it.canary) row('canary', ...canaryLines(it.canary))
  row(
    'last verdicts',
    ...it.lastVerdicts.map(
      ({ kind, resultId, reason }) =>
        `${kind} ${String(resultId).slice(0, 18)}… ${printable(String(reason ?? ''), 60)}`,
    ),
  )
  row(
    'endpoints',
    ...it.endpoints.map(
      ({ name, state, latencyMs }) => `${name}: ${state}${latencyMs === null ? '' : `, ${Math.round(latencyMs)} ms`}`,
    ),
  )
  return [view.toString(), ...it.trouble.map((line) => `! ${line}`)].join('\n')
}
