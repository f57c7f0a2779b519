import type { Hex } from 'viem'
import type { Journal } from '../open.ts'
import type { NewEntry } from './from-logs.ts'
import { type EntryKind, holdingsOf } from './kinds.ts'
import { type Actual, begin, holdingsAt, stakeOf, standing } from './on-chain.ts'
import { type LedgerChain, readEntries } from './read-chain.ts'
import { entriesAfter, type LedgerRow, ledgerOf, stakedIn, stakeEntries, sumsOf } from './rows.ts'

/** Where ledger and chain differ, in wei. */
export interface Difference {
  what: 'balance' | 'credit' | 'stake'
  /** the result whose stake it is about */
  resultId: string | null
  /** by the ledger */
  expected: bigint
  /** on chain */
  actual: bigint
}

/** What came of holding an account's ledger against the chain at one block. Wei. */
export interface Reconciliation {
  account: string
  block: { number: bigint; hash: Hex }
  equal: boolean
  differences: Difference[]
  /** signed: balance that no entry explains: money sent to the account, other transactions of its key */
  unexplained: bigint
  /** transactions of the account that are not the watcher's, since the ledger began */
  foreignNonces: number
  /** entries that are new, and keys of those that a reorg took away */
  added: NewEntry[]
  vanished: string[]
  /** the row to keep: see `recordReconciliation` */
  ledger: LedgerRow
}

/** Thrown when the chain changed while it was read. Worth a retry. */
export class MovedError extends Error {
  override name = 'MovedError'
}

/** Blocks after which entries are taken for settled. Less than the 128 blocks of state that every full node keeps. */
const SETTLED_BLOCKS = 96n

/**
 * Holds an account's ledger against the chain, all at one pinned block: balance, credit, and what is at stake in every
 * open dispute. Reads the entries that are new, writes nothing.
 *
 * - credit on chain must be the credit at the start plus what entries did to it, exactly;
 * - every bond and fee at stake must be at stake on chain, and the other way round for results that the ledger knows;
 * - balance may rise, and may fall by other transactions of the key (a nonce tells): that is `unexplained`. One that falls
 *   without any is a difference, and stays one until the ledger is begun anew.
 *
 * @param account any case
 * @param now Unix milliseconds
 * @throws MovedError when a reorg came between
 */
export async function reconcile(
  journal: Journal,
  chain: LedgerChain,
  account: string,
  now: number,
): Promise<Reconciliation> {
  const me = account.toLowerCase() as Hex
  const head = await chain.client.getBlock({ blockTag: 'latest' })
  const block = { number: head.number, hash: head.hash }
  const before = await standing(chain, (await ledgerOf(journal, me)) ?? (await begin(chain, me, block)), me)
  const { startBlock, anchorBlock, anchorNonce } = before
  const known = await entriesAfter(journal, me, anchorBlock)
  const open = await stakeEntries(journal, me, startBlock, anchorBlock)
  const actual = await holdingsAt(chain, me, block.number)
  const range = { from: BigInt(anchorBlock) + 1n, to: block.number }
  const nonces: [number, number] = [anchorNonce, actual.nonce]
  const entries = await readEntries(journal, chain, me, range, { known, staked: stakedIn(open), nonces })

  const settled = await sumsOf(journal, me, { after: startBlock, upTo: anchorBlock })
  const settledHoldings = holdingsOf(
    Object.entries(settled.wei).map(([kind, wei]) => ({ kind: kind as EntryKind, amount: String(wei) })),
  )
  const gasCount = (upTo: bigint) =>
    settled.count.gas + entries.filter(({ kind, blockNumber }) => kind === 'gas' && blockNumber <= upTo).length
  const at = (upTo: bigint, { balance, nonce }: Actual) => {
    const since = holdingsOf(entries.filter(({ blockNumber }) => blockNumber <= upTo))
    const wallet = BigInt(before.startBalance) + settledHoldings.wallet + since.wallet
    const foreignNonces = nonce - before.startNonce - gasCount(upTo)
    return { wallet, unexplained: balance - wallet, foreignNonces, credit: settledHoldings.credit + since.credit }
  }
  const baseline = { unexplained: BigInt(before.unexplained), foreignNonces: before.foreignNonces }
  const here = at(block.number, actual)
  const differences: Difference[] = []
  if (isLoss(baseline, here))
    differences.push({
      ...{ what: 'balance' as const, resultId: null },
      ...{ expected: here.wallet + baseline.unexplained, actual: actual.balance },
    })
  const credit = BigInt(before.startCredit) + here.credit
  if (credit !== actual.credit)
    differences.push({ what: 'credit', resultId: null, expected: credit, actual: actual.credit })
  for (const [resultId, { wei, demands }] of stakes([...open, ...entries])) {
    const onChain = await stakeOf(chain, me, resultId, demands, block.number)
    if (onChain !== wei) differences.push({ what: 'stake', resultId, expected: wei, actual: onChain })
  }

  const ledger = { ...before, checkedBlock: Number(block.number), checkedAt: now }
  ledger.differences = differences.length === 0 ? '' : JSON.stringify(differences, plainWei)
  const deep = block.number - SETTLED_BLOCKS
  if (differences.length === 0 && deep > BigInt(anchorBlock)) {
    const there = await holdingsAt(chain, me, deep)
    const then = at(deep, there)
    if (!isLoss(baseline, then)) {
      const { hash } = await chain.client.getBlock({ blockNumber: deep })
      Object.assign(ledger, {
        ...{ anchorBlock: Number(deep), anchorHash: hash, anchorNonce: there.nonce },
        ...{ unexplained: String(then.unexplained), foreignNonces: then.foreignNonces },
      })
    }
  }
  const again = await chain.client.getBlock({ blockNumber: block.number })
  if (again.hash !== block.hash) throw new MovedError(`block ${block.number} was replaced while it was read`)
  const shown = new Set(entries.map(({ key }) => key))
  const recorded = new Set(known.map(({ key }) => key))
  return {
    ...{ account: me, block, equal: differences.length === 0, differences, ledger },
    ...{ unexplained: here.unexplained, foreignNonces: here.foreignNonces },
    added: entries.filter(({ key }) => !recorded.has(key)),
    vanished: known.filter(({ key }) => !shown.has(key)).map(({ key }) => key),
  }
}

/** Whether balance that no entry explains went away without a transaction that could have taken it. */
function isLoss(
  before: { unexplained: bigint; foreignNonces: number },
  after: { unexplained: bigint; foreignNonces: number },
): boolean {
  return after.unexplained < before.unexplained && after.foreignNonces <= before.foreignNonces
}

/** What these entries leave at stake in each result that they name, also where that is nothing. */
function stakes(entries: readonly NewEntry[]): Map<Hex, { wei: bigint; demands: Hex[] }> {
  const all = new Map<Hex, { wei: bigint; demands: Hex[] }>()
  for (const { kind, resultId, reference } of entries) {
    if (resultId === null || (kind !== 'bonded' && kind !== 'fee')) continue
    const one = all.get(resultId as Hex) ?? { wei: 0n, demands: [] }
    if (kind === 'fee' && reference !== null) one.demands.push(reference as Hex)
    all.set(resultId as Hex, one)
  }
  for (const { resultId, bond, fees } of stakedIn(entries)) {
    const one = all.get(resultId as Hex)
    if (one) one.wei = [...fees.values()].reduce((sum, fee) => sum + fee, bond)
  }
  return all
}

const plainWei = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
