/** Who is shown a transaction before it is mined. */
export type Route = 'public' | 'relay' | 'both'

/** So many times the relay's patience before the deadline, it presses. */
const PRESSING = 4

/**
 * Where to broadcast a transaction. With a private relay, there only, so that nobody sees it before it is mined; unless
 * the relay has had its time and waiting longer can cost the action: when its deadline presses, or when it has none, as
 * what can be claimed at any time is ours whoever sees it.
 */
export function routeOf(about: {
  hasRelay: boolean
  /** never anywhere else, whatever it costs */
  relayOnly: boolean
  /** blocks that the relay is given alone */
  patience: number
  /** blocks since the action's first transaction was signed */
  waited: number
  /** blocks until its deadline; null when there is none */
  blocksLeft: number | null
}): Route {
  const { hasRelay, relayOnly, patience, waited, blocksLeft } = about
  if (!hasRelay) return 'public'
  if (relayOnly || waited < patience) return 'relay'
  return blocksLeft === null || blocksLeft <= PRESSING * patience ? 'both' : 'relay'
}
