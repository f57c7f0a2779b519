import { encodeEventTopics, type Hex, type Log, parseEventLogs } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { gasPaidOf } from '../../chain/gas-paid.ts'
import { demandStatuses, nameOf, reasons } from '../../protocol/status.ts'
import type { EntryKind } from './kinds.ts'
import type { Entry, Staked } from './rows.ts'

/** An entry as it follows from the chain, before it is recorded. */
export type NewEntry = Omit<Entry, 'at' | 'count'>

/** The events that move wei of an account, by the topics that find them. */
export const topics = {
  credited: encodeEventTopics({ abi: gainsayAbi, eventName: 'Credited' })[0],
  withdrawn: encodeEventTopics({ abi: gainsayAbi, eventName: 'Withdrawn' })[0],
  challenged: encodeEventTopics({ abi: gainsayAbi, eventName: 'Challenged' })[0],
  finalized: encodeEventTopics({ abi: gainsayAbi, eventName: 'Finalized' })[0],
  demanded: encodeEventTopics({ abi: convictionAbi, eventName: 'Demanded' })[0],
  demandSettled: encodeEventTopics({ abi: convictionAbi, eventName: 'DemandSettled' })[0],
} as const

/** A log that is part of the chain. */
export type MinedLog = Log<bigint, number, false>

/**
 * The entries that events make, in the order of the chain. Pure.
 *
 * Bonds and fees that the ledger knows nothing of (put up before it began) are `owed` when they come back: what came back
 * is money either way, and what is at stake stays what the ledger saw put up.
 *
 * @param logs of the topics above, about this account, any order
 * @param account lower case
 * @param staked what was at stake before the first log
 */
export function entriesOf(logs: readonly MinedLog[], account: string, staked: readonly Staked[]): NewEntry[] {
  const entries: NewEntry[] = []
  const bonds = new Map(staked.map(({ resultId, bond }) => [resultId, bond]))
  const fees = new Map(staked.flatMap((one) => [...one.fees]))
  const demanding = new Set<string>()
  const settled = new Map<string, { demandId: string; log: MinedLog }>()
  const inOrder = [...logs].sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
  for (const event of parseEventLogs({ abi: [...gainsayAbi, ...convictionAbi], logs: inOrder })) {
    const log = event as MinedLog
    const add = (kind: EntryKind, amount: bigint, resultId: string | null, reference: string | null = null) =>
      entries.push(entryOf(log, account, { kind, amount, resultId, reference }))
    switch (event.eventName) {
      case 'Challenged': {
        const { resultId, bond } = event.args
        bonds.set(resultId, bond)
        add('bonded', bond, resultId)
        break
      }
      case 'Demanded': {
        const { resultId, demandId, fee } = event.args
        fees.set(demandId, fee)
        demanding.add(log.transactionHash)
        add('fee', fee, resultId, demandId)
        break
      }
      case 'Finalized': {
        const { resultId } = event.args
        const bond = bonds.get(resultId)
        if (bond) add('lost', bond, resultId)
        bonds.delete(resultId)
        break
      }
      case 'DemandSettled': {
        const { resultId, demandId, status, burnt } = event.args
        const fee = fees.get(demandId)
        if (fee === undefined) break
        if (nameOf(demandStatuses, status) === 'paid') {
          add('lost', fee, resultId, demandId)
          fees.delete(demandId)
        } else {
          if (burnt > 0n) add('lost', burnt, resultId, demandId)
          // What is left of its fee comes back in the very next event.
          settled.set(`${log.transactionHash}:${log.logIndex + 1}`, { demandId, log })
        }
        break
      }
      case 'Credited': {
        const { id, reason, amount } = event.args
        const name = nameOf(reasons, reason)
        const demand = settled.get(`${log.transactionHash}:${log.logIndex}`)
        if (name === 'reward') add('won', amount, id)
        else if (name === 'challengeBondReturned' && bonds.has(id)) {
          add('returned', amount, id)
          bonds.delete(id)
        } else if (name === 'demandReturned' && demand) {
          add('returned', amount, id, demand.demandId)
          fees.delete(demand.demandId)
        } else if (name === 'demandReturned' && demanding.has(log.transactionHash)) {
          // Sent along for the case that others raise the fee first, and credited at once.
          add('fee', amount, id)
          add('returned', amount, id)
        } else add('owed', amount, BigInt(id) === 0n ? null : id, name)
        break
      }
      case 'Withdrawn': {
        const { to, amount } = event.args
        add('withdrawn', amount, null)
        if (to.toLowerCase() !== account) add('forwarded', amount, null, to.toLowerCase())
      }
    }
  }
  return entries
}

/** What a transaction of ours paid for gas. */
export function gasEntry(
  receipt: { transactionHash: Hex; blockHash: Hex; blockNumber: bigint; gasUsed: bigint; effectiveGasPrice: bigint },
  account: string,
  resultId: string | null,
): NewEntry {
  const what = { kind: 'gas', amount: gasPaidOf(receipt), resultId, reference: null } as const
  return entryOf({ ...receipt, logIndex: null }, account, what)
}

function entryOf(
  where: { blockNumber: bigint; blockHash: Hex; transactionHash: Hex; logIndex: number | null },
  account: string,
  what: { kind: EntryKind; amount: bigint; resultId: string | null; reference: string | null },
): NewEntry {
  const { blockHash, transactionHash, logIndex } = where
  return {
    key: `${blockHash}:${transactionHash}:${logIndex ?? ''}:${what.kind}`,
    account,
    ...what,
    amount: String(what.amount),
    transactionHash,
    blockNumber: Number(where.blockNumber),
    blockHash,
    logIndex,
  }
}
