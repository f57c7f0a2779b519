import { formatLog, type Hex, type RpcLog, toHex } from 'viem'
import type { Chain } from '../../chain/connect.ts'
import type { Journal } from '../open.ts'
import { entriesOf, gasEntry, type MinedLog, type NewEntry, topics } from './from-logs.ts'
import { attemptsBetween, type Entry, type Staked } from './rows.ts'

/** What a ledger reads the chain with. */
export type LedgerChain = Pick<Chain, 'client' | 'contract' | 'parameters' | 'seat'>

/** Blocks that one request asks for at first; halved while an endpoint refuses. */
const MOST_BLOCKS = 10_000n
/** Ids in one request's filter. */
const MOST_IDS = 200

/**
 * Every entry of an account in a range of blocks, as the chain shows it now. Requests grow with the range and with the
 * account's own events, never with what others do.
 *
 * @param known entries recorded of this range: a transaction whose event is in the same block still needs no receipt
 * @param nonces the account's nonces before the range and after it
 */
export async function readEntries(
  journal: Journal,
  chain: LedgerChain,
  account: string,
  range: { from: bigint; to: bigint },
  { known, staked, nonces }: { known: readonly Entry[]; staked: readonly Staked[]; nonces: [number, number] },
): Promise<NewEntry[]> {
  if (range.from > range.to) return []
  const logs = await readLogs(chain, account as Hex, range, staked)
  const entries = entriesOf(logs, account, staked)

  const where = new Map(logs.map(({ transactionHash, blockHash }) => [transactionHash as string, blockHash]))
  for (const attempt of await attemptsBetween(journal, account, ...nonces)) {
    const paid = known.find(({ kind, transactionHash }) => kind === 'gas' && transactionHash === attempt.hash)
    const { at: _at, count: _count, ...same } = paid ?? ({} as Entry)
    if (paid && where.get(attempt.hash) === paid.blockHash) {
      entries.push(same)
      continue
    }
    const receipt = await chain.client.getTransactionReceipt({ hash: attempt.hash as Hex }).catch((error: Error) => {
      if (error.name === 'TransactionReceiptNotFoundError') return null
      throw error
    })
    if (!receipt || receipt.blockNumber < range.from || receipt.blockNumber > range.to) continue
    const action = await journal
      .selectFrom('action')
      .select('resultId')
      .where('id', '=', attempt.actionId)
      .executeTakeFirst()
    entries.push(gasEntry(receipt, account, action?.resultId ?? null))
  }
  return entries
}

async function readLogs(
  chain: LedgerChain,
  account: Hex,
  range: { from: bigint; to: bigint },
  staked: readonly Staked[],
): Promise<MinedLog[]> {
  const me = `0x${account.slice(2).padStart(64, '0')}` as Hex
  const seat = chain.seat?.state === 'ready' ? chain.seat.address : undefined
  const ours = await Promise.all([
    logsOf(chain, chain.contract, [[topics.credited, topics.withdrawn], me], range),
    logsOf(chain, chain.contract, [topics.challenged, null, me], range),
    seat ? logsOf(chain, seat, [topics.demanded, null, null, me], range) : [],
  ])
  // How they ended, others say: these events do not name the challenger.
  const results = new Set(staked.filter(({ bond }) => bond > 0n).map(({ resultId }) => resultId))
  for (const log of ours[1]) results.add(log.topics[1] as Hex)
  const demands = new Set(staked.flatMap(({ fees }) => [...fees.keys()]))
  for (const log of ours[2]) demands.add(log.topics[2] as Hex)
  const ends: MinedLog[] = []
  for (const ids of batches([...results]))
    ends.push(...(await logsOf(chain, chain.contract, [topics.finalized, ids], range)))
  for (const ids of batches([...demands]))
    if (seat) ends.push(...(await logsOf(chain, seat, [topics.demandSettled, null, ids], range)))
  return [...ours.flat(), ...ends]
}

type Topics = (Hex | readonly Hex[] | null)[]

async function logsOf(
  chain: LedgerChain,
  address: Hex,
  topics: Topics,
  { from, to }: { from: bigint; to: bigint },
): Promise<MinedLog[]> {
  const logs: MinedLog[] = []
  let step = MOST_BLOCKS
  for (let first = from; first <= to; ) {
    const last = first + step - 1n < to ? first + step - 1n : to
    try {
      const filter = { address, topics: topics as Hex[], fromBlock: toHex(first), toBlock: toHex(last) }
      const found = (await chain.client.request({ method: 'eth_getLogs', params: [filter] })) as RpcLog[]
      logs.push(...found.map((log) => formatLog(log) as unknown as MinedLog))
      first = last + 1n
    } catch (error) {
      // Too many blocks for this endpoint, or it fails altogether: then the smallest request fails too.
      if (last - first < 100n) throw error
      step = (last - first + 1n) / 4n
    }
  }
  return logs
}

function batches<T extends string>(ids: readonly T[]): Hex[][] {
  const all = ids as unknown as Hex[]
  return Array.from({ length: Math.ceil(all.length / MOST_IDS) }, (_, i) => all.slice(i * MOST_IDS, (i + 1) * MOST_IDS))
}
