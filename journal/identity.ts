import type { Journal } from './open.ts'

/** keccak256 of the contracts' runtime code, 0x and lower-case hex. */
export interface CodeHashes {
  contract: string
  /** of the contract in the conviction seat; null while there is none */
  seat: string | null
}

/**
 * Records the contracts' code at the first start, and a conviction contract's when it is first there; later compares.
 *
 * @returns which contract's code is another one than recorded, if one is
 */
export async function claimCode(journal: Journal, code: CodeHashes): Promise<'contract' | 'seat' | null> {
  const known = await journal.selectFrom('identity').select(['contractCode', 'seatCode']).executeTakeFirst()
  if (known?.contractCode && known.contractCode !== code.contract) return 'contract'
  if (known?.seatCode && known.seatCode !== code.seat) return 'seat'
  if (known && (known.contractCode !== code.contract || known.seatCode !== code.seat))
    await journal.updateTable('identity').set({ contractCode: code.contract, seatCode: code.seat }).execute()
  return null
}
