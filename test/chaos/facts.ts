import { join } from 'node:path'
import { createPublicClient, type Hex, http } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { connect } from '../../chain/connect.ts'
import { parseConfig } from '../../config/config.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { openJournalReadOnly } from '../../journal/open.ts'
import { contractStatuses, nameOf, reasons } from '../../protocol/status.ts'
import type { Facts, Known } from './account.ts'
import type { Deployment } from './deployment.ts'

const NOBODY = '0x0000000000000000000000000000000000000000'
const AT_ONCE = 50

/** A client that asks the chain itself, past all faulty endpoints. */
export function chainClient({ rpcUrl }: Pick<Deployment, 'rpcUrl'>) {
  return createPublicClient({ transport: http(rpcUrl, { batch: true }), cacheTime: 0 })
}

/** Every result that is on the chain, and what is known of it. @param badIds results that ought to be challenged */
export async function resultsOf(deployment: Deployment, badIds: ReadonlySet<string>): Promise<Known[]> {
  const client = chainClient(deployment)
  const call = { address: deployment.contract, abi: gainsayAbi } as const
  const posted = await client.getContractEvents({ ...call, eventName: 'Posted', fromBlock: 0n, strict: true })
  const known: Known[] = []
  for (let from = 0; from < posted.length; from += AT_ONCE)
    known.push(
      ...(await Promise.all(
        posted.slice(from, from + AT_ONCE).map(async ({ args: { resultId } }) => {
          const [status, { challenger }] = await Promise.all([
            client.readContract({ ...call, functionName: 'statusOf', args: [resultId] }),
            client.readContract({ ...call, functionName: 'resultOf', args: [resultId] }),
          ])
          return {
            ...{ resultId, isBad: badIds.has(resultId), status: nameOf(contractStatuses, status) },
            challenger: challenger === NOBODY ? null : challenger.toLowerCase(),
          }
        }),
      )),
    )
  return known
}

/** Results that the watcher ever meant to challenge, by its journal. */
export async function intendedIn(dataDir: string): Promise<string[]> {
  const journal = openJournalReadOnly(join(dataDir, 'journal.sqlite'))
  const rows = await journal?.selectFrom('action').select('resultId').where('kind', '=', 'challenge').execute()
  await journal?.destroy()
  return (rows ?? []).flatMap(({ resultId }) => resultId ?? [])
}

/** How many actions the watcher has not ended yet, by its journal. */
export async function openActionsIn(dataDir: string): Promise<number> {
  const journal = openJournalReadOnly(join(dataDir, 'journal.sqlite'))
  const rows = await journal?.selectFrom('action').select('key').where('state', '=', 'open').execute()
  await journal?.destroy()
  return rows?.length ?? 0
}

/** Gathers what a run is judged by, after its watcher has stopped. @param before wei that the watcher had at first */
export async function factsOf(parameters: {
  deployment: Deployment
  watcher: Hex
  dataDir: string
  before: bigint
  badIds: ReadonlySet<string>
}): Promise<Facts> {
  const { deployment, watcher, dataDir, before, badIds } = parameters
  const client = chainClient(deployment)
  const call = { address: deployment.contract, abi: gainsayAbi } as const
  const credited = await client.getContractEvents({
    ...{ ...call, eventName: 'Credited', fromBlock: 0n, strict: true },
    args: { account: watcher },
  })
  const rewards = credited
    .filter(({ args }) => nameOf(reasons, args.reason) === 'reward')
    .reduce((sum, { args }) => sum + args.amount, 0n)
  const config = parseConfig({
    ...{ GAINSAY_RPC_URL: deployment.rpcUrl, GAINSAY_CHAIN_ID: String(deployment.chainId) },
    ...{ GAINSAY_CONTRACT: deployment.contract, GAINSAY_DATA_DIR: dataDir },
  })
  const journal = openJournalReadOnly(join(dataDir, 'journal.sqlite'))
  const ledger = journal && (await reconcile(journal, await connect(config), watcher, Date.now()))
  await journal?.destroy()
  return {
    watcher: watcher.toLowerCase(),
    results: await resultsOf(deployment, badIds),
    intended: await intendedIn(dataDir),
    balance: { before, after: await client.getBalance({ address: watcher }) },
    gasPaid: await gasPaidBy(deployment, watcher),
    rewards,
    owed: await client.readContract({ ...call, functionName: 'creditOf', args: [watcher] }),
    ledgerDifferences: ledger ? ledger.differences.length : null,
  }
}

/** What an account paid for gas on the chain as it is now: block by block, so that nobody's bookkeeping is believed. */
async function gasPaidBy(deployment: Deployment, account: Hex): Promise<bigint> {
  const client = chainClient(deployment)
  const head = await client.getBlockNumber()
  let sum = 0n
  for (let blockNumber = 0n; blockNumber <= head; blockNumber++) {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true })
    for (const { hash } of transactions.filter(({ from }) => from === account.toLowerCase())) {
      const { gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({ hash })
      sum += gasUsed * effectiveGasPrice
    }
  }
  return sum
}
