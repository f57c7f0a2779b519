/** An account's nonces at one moment. */
export interface Lane {
  /** how many transactions of the account are mined: the lowest nonce that can still be used */
  readonly used: number
  /** how many are mined or wait in the endpoint's pool without a gap, as far as it tells; {@link used} at least */
  readonly pending: number
  /** nonces of our own that may still be mined */
  readonly live: ReadonlySet<number>
}

/** More than that many nonces ahead, what an endpoint says of its pool is not believed: nobody else uses the account. */
const FOREIGN_AT_MOST = 16

/**
 * The nonce for the next action: the lowest that is free, so that gaps close first. A nonce that waits in the pool and is
 * not ours belongs to somebody who uses the same key; it is left to them, and ours goes behind it.
 */
export function nextNonce({ used, pending, live }: Lane): number {
  let nonce = used
  const foreign = pending - used <= live.size + FOREIGN_AT_MOST ? pending : used
  while (live.has(nonce) || nonce < foreign) nonce++
  return nonce
}

/** Free nonces below one of ours that waits: nothing of it can be mined before they are used up. */
export function gapsOf({ used, pending, live }: Lane): number[] {
  const highest = Math.max(-1, ...live)
  const gaps: number[] = []
  for (let nonce = used; nonce < highest; nonce++) if (!live.has(nonce) && nonce >= pending) gaps.push(nonce)
  return gaps
}
