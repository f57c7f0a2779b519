/** How often somebody may come: so many a second, and `burst` at once. */
export interface Rate {
  perSecond: number
  burst: number
}

/** Addresses that are remembered; who is forgotten first has not come for longest, and begins anew. */
const MOST_ADDRESSES = 10_000

/**
 * Counts requests by address, as buckets that fill again with time.
 *
 * @param clock milliseconds
 * @returns tells how many seconds an address must wait: 0 when it may go on
 */
export function rateLimit({ perSecond, burst }: Rate, clock: () => number = Date.now): (address: string) => number {
  const buckets = new Map<string, { left: number; at: number }>()
  return (address) => {
    const now = clock()
    const before = buckets.get(address) ?? { left: burst, at: now }
    buckets.delete(address)
    const left = Math.min(burst, before.left + (Math.max(0, now - before.at) / 1000) * perSecond)
    const goesOn = left >= 1
    buckets.set(address, { left: goesOn ? left - 1 : left, at: now })
    if (buckets.size > MOST_ADDRESSES) buckets.delete(buckets.keys().next().value as string)
    return goesOn ? 0 : Math.ceil((1 - left) / perSecond)
  }
}
