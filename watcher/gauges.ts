/** What only the running process knows: the rest of what is shown outside comes from the journal. */
export interface Gauges {
  /** Unix milliseconds at which the last round ended well; null before the first */
  lastRoundAt: number | null
  /** the chain's latest block in that round, and its time in seconds */
  headBlock: bigint | null
  chainTime: bigint | null
  /** the last block that the index had then */
  indexBlock: bigint | null
}

/** Gauges of a process that has just begun. */
export function newGauges(): Gauges {
  return { lastRoundAt: null, headBlock: null, chainTime: null, indexBlock: null }
}

/** Notes that a round has ended well, and what it saw. */
export function noteRound(
  { gauges, clock }: { gauges?: Gauges | undefined; clock: () => number },
  index: { blockNumber: bigint },
  head: { number: bigint; timestamp: bigint },
): void {
  if (!gauges) return
  gauges.lastRoundAt = clock()
  gauges.headBlock = head.number
  gauges.chainTime = head.timestamp
  gauges.indexBlock = index.blockNumber
}
