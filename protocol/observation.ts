/**
 * Names the very event that posted a result. A reorg can bring the same result back in another block, and what was
 * believed about the first event must not pass for a belief about the second.
 *
 * @returns `chainId:blockHash:transactionHash:logIndex`, in lower case
 */
export function observationKey(event: {
  chainId: number
  blockHash: string
  transactionHash: string
  logIndex: number
}): string {
  return `${event.chainId}:${event.blockHash}:${event.transactionHash}:${event.logIndex}`.toLowerCase()
}
