import type { Context } from 'hono'

/**
 * Who asks: the address of the connection, or, behind our own proxies, the one that the outermost of them saw. What a
 * client writes into the header itself stands further left, and is not believed.
 *
 * @param proxies how many of ours are in front
 * @returns undefined for the machine itself, which is not limited: watcher, explorer and tests ask from there
 */
export function clientAddress(c: Context, proxies: number): string | undefined {
  const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket
  const forwarded = proxies > 0 ? c.req.header('x-forwarded-for')?.split(',').at(-proxies)?.trim() : undefined
  if (forwarded) return networkOf(forwarded)
  const address = networkOf(socket?.remoteAddress ?? '')
  return isLoopback(address) ? undefined : address
}

/** An IPv4 address as it is; of an IPv6 one its /64, which one household has all of. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!plain.includes(':') || plain === '::1') return plain.slice(0, 64)
  const [head = '', tail] = plain.toLowerCase().split('::')
  const before = head.split(':').filter((part) => part !== '')
  const after = (tail ?? '').split(':').filter((part) => part !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => group.slice(0, 4).replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127\./.test(address)
}
