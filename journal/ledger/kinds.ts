/**
 * Why wei of an account move.
 *
 * | kind | what | wallet | at stake | credit |
 * | --- | --- | --- | --- | --- |
 * | `bonded` | the bond of a challenge of ours | − | + | |
 * | `fee` | what demanding a part of a trace cost | − | + | |
 * | `gas` | a transaction of ours, also one that reverted | − | | |
 * | `won` | the reward for a rejected result | | | + |
 * | `returned` | a bond, or a demand's fee, back | | − | + |
 * | `lost` | a bond, or a demand's fee, that is the node's now | | − | |
 * | `owed` | credited for anything else: as requester, or as node | | | + |
 * | `withdrawn` | credit taken out | + | | − |
 * | `forwarded` | of what was withdrawn, what went to another address | − | | |
 */
export const entryKinds = ['bonded', 'fee', 'gas', 'won', 'returned', 'lost', 'owed', 'withdrawn', 'forwarded'] as const
export type EntryKind = (typeof entryKinds)[number]

/** Where the wei of an account are: in its wallet, at stake in the contracts, owed to it by the Gainsay contract. */
export interface Holdings {
  wallet: bigint
  stake: bigint
  credit: bigint
}

const NOTHING: Holdings = { wallet: 0n, stake: 0n, credit: 0n }

/** What one wei of each kind does to each holding. */
export const effects: Readonly<Record<EntryKind, Holdings>> = {
  bonded: { wallet: -1n, stake: 1n, credit: 0n },
  fee: { wallet: -1n, stake: 1n, credit: 0n },
  gas: { ...NOTHING, wallet: -1n },
  won: { ...NOTHING, credit: 1n },
  returned: { wallet: 0n, stake: -1n, credit: 1n },
  lost: { ...NOTHING, stake: -1n },
  owed: { ...NOTHING, credit: 1n },
  withdrawn: { wallet: 1n, stake: 0n, credit: -1n },
  forwarded: { ...NOTHING, wallet: -1n },
}

/** What entries did to an account's holdings, in wei. Pure. */
export function holdingsOf(entries: Iterable<{ kind: EntryKind; amount: string }>): Holdings {
  const sum = { ...NOTHING }
  for (const { kind, amount } of entries) {
    const wei = BigInt(amount)
    const { wallet, stake, credit } = effects[kind]
    sum.wallet += wallet * wei
    sum.stake += stake * wei
    sum.credit += credit * wei
  }
  return sum
}
