import { tooMuch } from '../graphql/limits/limits.ts'
import { type Change, indexSource } from './index-source.ts'
import { live, type News } from './live.ts'

/** Subscribes somebody to what is new; see `live`. */
export type Subscribe = <T>(
  address: string | undefined,
  select: (news: News<Change>) => T[],
) => Promise<AsyncIterableIterator<T | Error>>

/**
 * Hands out subscriptions, so many at once, a tenth of them to one address.
 *
 * @throws GraphQLError when there are too many already
 */
export function subscriptions(most: number, intervalMs: number): Subscribe {
  const subscribe = live(indexSource, intervalMs)
  const mostEach = Math.ceil(most / 10)
  const byAddress = new Map<string, number>()
  let all = 0
  const count = (address: string | undefined, step: 1 | -1) => {
    all += step
    if (address === undefined) return
    const now = (byAddress.get(address) ?? 0) + step
    if (now > 0) byAddress.set(address, now)
    else byAddress.delete(address)
  }
  return (address, select) => {
    const code = 'TOO_MANY_SUBSCRIPTIONS'
    if (all >= most) throw tooMuch(code, `there are ${most} subscriptions already: end one, or try again later`)
    if (address !== undefined && (byAddress.get(address) ?? 0) >= mostEach)
      throw tooMuch(code, `there are ${mostEach} subscriptions from your address already: end one first`)
    count(address, 1)
    return subscribe(select, () => count(address, -1))
  }
}
