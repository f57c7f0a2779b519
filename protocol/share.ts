/** Shares are counted in ten-thousandths. */
const WHOLE_BPS = 10_000n

/** A share of an amount in wei, rounded down as the contract does (`Bonds._split`). */
export function shareOf(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps)) / WHOLE_BPS
}
