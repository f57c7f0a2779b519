import type { Hex } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { contractStatuses, demandStatuses, nameOf } from '../../protocol/status.ts'
import type { LedgerChain } from './read-chain.ts'
import type { LedgerRow } from './rows.ts'

/** What an account has on chain at one block. Wei. */
export interface Actual {
  balance: bigint
  /** what the Gainsay contract owes it */
  credit: bigint
  /** how many transactions it has sent */
  nonce: number
}

/** Reads an account's holdings at one block. */
export async function holdingsAt(
  { client, contract: address }: LedgerChain,
  account: Hex,
  blockNumber: bigint,
): Promise<Actual> {
  const [balance, credit, nonce] = await Promise.all([
    client.getBalance({ address: account, blockNumber }),
    client.readContract({ address, abi: gainsayAbi, functionName: 'creditOf', args: [account], blockNumber }),
    client.getTransactionCount({ address: account, blockNumber }),
  ])
  return { balance, credit, nonce }
}

/** Wei that an account has at stake in a result at one block: the bond of an open challenge of its, fees of demands. */
export async function stakeOf(
  { client, contract, parameters }: LedgerChain,
  account: Hex,
  resultId: Hex,
  demands: readonly Hex[],
  blockNumber: bigint,
): Promise<bigint> {
  const gainsay = { address: contract, abi: gainsayAbi, args: [resultId], blockNumber } as const
  const [status, { challenger }] = await Promise.all([
    client.readContract({ ...gainsay, functionName: 'statusOf' }),
    client.readContract({ ...gainsay, functionName: 'resultOf' }),
  ])
  const isOpen = ['challenged', 'revealed'].includes(nameOf(contractStatuses, status))
  let wei = isOpen && challenger.toLowerCase() === account ? parameters.challengeBond : 0n
  const conviction = { address: parameters.conviction, abi: convictionAbi, blockNumber } as const
  for (const id of demands) {
    const { status, fee } = await client.readContract({ ...conviction, functionName: 'demandOf', args: [id] })
    if (!['open', 'supplied'].includes(nameOf(demandStatuses, status))) continue
    wei += fee
  }
  return wei
}

/** The ledger of an account that has none yet: it begins with what the account has at this block. */
export async function begin(
  chain: LedgerChain,
  account: Hex,
  { number, hash }: { number: bigint; hash: Hex },
): Promise<LedgerRow> {
  const { balance, credit, nonce } = await holdingsAt(chain, account, number)
  return {
    ...{ account, startBlock: Number(number), startHash: hash, startBalance: String(balance) },
    ...{ startCredit: String(credit), startNonce: nonce },
    ...{ anchorBlock: Number(number), anchorHash: hash, anchorNonce: nonce },
    ...{ unexplained: '0', foreignNonces: 0, checkedBlock: Number(number), checkedAt: 0, differences: '' },
  }
}

/**
 * A ledger as it stands on the chain of now: its anchor goes back to where it began when a reorg was deeper than that,
 * and its beginning is read again when even that block was replaced.
 */
export async function standing(chain: LedgerChain, row: LedgerRow, account: Hex): Promise<LedgerRow> {
  if ((await hashAt(chain, row.anchorBlock)) === row.anchorHash) return row
  const number = BigInt(row.startBlock)
  const hash = await hashAt(chain, row.startBlock)
  if (hash === null) throw new Error(`the chain has no block ${number}, at which the ledger of ${account} begins`)
  const fresh = hash === row.startHash ? row : await begin(chain, account, { number, hash })
  const { startBlock: anchorBlock, startHash: anchorHash, startNonce: anchorNonce } = fresh
  return { ...fresh, anchorBlock, anchorHash, anchorNonce, unexplained: '0', foreignNonces: 0 }
}

async function hashAt({ client }: LedgerChain, block: number): Promise<Hex | null> {
  const found = await client.getBlock({ blockNumber: BigInt(block) }).catch((error: Error) => {
    if (error.name === 'BlockNotFoundError') return null
    throw error
  })
  return found?.hash ?? null
}
