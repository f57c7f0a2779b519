import { formatEther } from 'viem'
import { type Chain, CONVICTION_VERSION, checkChain, connect, otherChain, PROTOCOL_VERSION } from '../chain/connect.ts'
import type { Endpoints } from '../chain/rpc/endpoints.ts'
import type { Config } from '../config/config.ts'

// The checks of `gainsay doctor` that ask a chain. Each says what is well, or throws what is not and what to do.

/** Something to know, but nothing that stops a watcher. */
export class Warning extends Error {}

/** Is the contract what it must be? @returns the connection, for the checks after it */
export async function contractCheck(config: Config): Promise<[detail: string, chain: Chain]> {
  const chain = await connect(config)
  const head = await chain.client.getBlockNumber()
  return [`${PROTOCOL_VERSION} on chain ${chain.chainId}, block ${head}`, chain]
}

/** Which endpoints can be relied on, and are they enough to send by? */
export async function endpointsCheck(endpoints: Endpoints): Promise<string> {
  await endpoints.refreshHeads(0)
  const health = endpoints.health()
  const lines = linesOf(endpoints)
  const able = endpoints.able().length
  if (able === health.length && able > 1) return lines.join('; ')
  if (able === health.length)
    throw new Warning(
      `${lines.join('; ')}. What it says is believed: give GAINSAY_RPC_URL two more of other providers, and two must agree on all that money depends on.`,
    )
  const rest = `${lines.join('; ')}. ${able} of ${health.length} can be relied on`
  if (able < 2) throw new Error(`${rest}, and two must agree: nothing would be sent. Mend or replace the others.`)
  throw new Warning(`${rest}.`)
}

/** Who sits in the conviction seat? */
export function convictionCheck({ seat }: Chain): string {
  if (!seat) return 'the contract leaves the seat empty: disputes go to arbiters alone'
  if (seat.state === 'ready') return `${CONVICTION_VERSION} at ${seat.address}`
  throw new Warning(
    seat.state === 'undeployed'
      ? `Nothing is deployed at ${seat.address}, the contract's conviction seat, so nobody can be convicted by proof. The index follows the address.`
      : `What sits in the contract's conviction seat, ${seat.address}, does not speak ${CONVICTION_VERSION}, so its events are not followed and it is never called. Install the version of Gainsay that fits.`,
  )
}

/** Is there money for a challenge? */
export async function balanceCheck({ client, parameters }: Chain, address: `0x${string}`): Promise<string> {
  const balance = await client.getBalance({ address })
  const { challengeBond } = parameters
  const needed = challengeBond + 10n ** 15n
  if (balance < needed)
    throw new Error(
      `${address} holds ${formatEther(balance)} ETH; one challenge takes a bond of ${formatEther(challengeBond)} ETH and gas. Send it at least ${formatEther(needed)} ETH.`,
    )
  return `${formatEther(balance)} ETH, enough for ${balance / challengeBond} challenges at once`
}

/** Does OpenGradient's chain answer? No money depends on it, so that one endpoint is enough. */
export async function opengradientCheck(config: Parameters<typeof otherChain>[0]): Promise<string> {
  const chain = otherChain(config)
  const head = await checkChain(chain, 'OPENGRADIENT')
  await chain.endpoints.refreshHeads(0)
  const able = chain.endpoints.able().length
  const all = chain.endpoints.health()
  const line = `chain ${chain.chainId}, block ${head}; ${linesOf(chain.endpoints).join('; ')}`
  if (able < all.length) throw new Warning(`${line}. ${able} of ${all.length} can be relied on.`)
  return line
}

function linesOf(endpoints: Endpoints): string[] {
  return endpoints
    .health()
    .map(({ name, reason, latencyMs, block }) => `${name} ${reason ?? `at block ${block}, ${latencyMs} ms`}`)
}
