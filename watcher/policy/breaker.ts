import { PPM } from '../../config/policy.ts'

/** A verdict that took a second opinion. */
export interface SecondOpinion {
  readonly node: string
  readonly disagreed: boolean
}

/** How many second opinions are looked at, how many of them must disagree at least, and about how many nodes' results. */
export const LOOK_BACK = 50
const LEAST = 5
const LEAST_NODES = 3

/**
 * Whether the runtimes disagree too often to be trusted with money, in a sentence; null when not. Few disagreements are no
 * sign of anything, and those about results of one or two nodes may be made on purpose: outputs at the very edge of the
 * tolerance, so that watchers stop.
 *
 * @param latest the newest second opinions
 * @param most share that may disagree, in millionths
 */
export function disagreementOf(latest: readonly SecondOpinion[], most: bigint): string | null {
  const disagreed = latest.filter((opinion) => opinion.disagreed)
  if (disagreed.length < LEAST || new Set(disagreed.map(({ node }) => node)).size < LEAST_NODES) return null
  if (BigInt(disagreed.length) * PPM <= most * BigInt(latest.length)) return null
  return `in ${disagreed.length} of the last ${latest.length} second opinions the runtimes disagree: look at these verdicts (\`gainsay replay\`), and whether this machine's hardware and runtimes are sound`
}

/** Where index and chain are. Chain time in seconds. */
export interface Heads {
  readonly index: { readonly blockNumber: bigint; readonly timestamp: bigint }
  readonly chain: { readonly number: bigint; readonly timestamp: bigint }
}

/** Why nothing can be sent just now because index and chain are apart, in a sentence; null when they are not. */
export function apart({ index, chain }: Heads, maxLag: bigint): string | null {
  if (chain.timestamp - index.timestamp > maxLag && index.blockNumber < chain.number)
    return `the index is more than ${maxLag} s behind the chain: it waits until the index has caught up; see /readiness`
  if (index.timestamp - chain.timestamp > maxLag)
    return `the RPC endpoints are more than ${maxLag} s behind the index: it waits until they have caught up`
  return null
}
