/** Seconds of a UTC day: Unix time has no leap seconds. */
const DAY = 86_400n

/** The UTC day of a block's timestamp, in days since 1970-01-01. */
export function dayOf(timestamp: bigint): number {
  return Number(timestamp / DAY)
}
