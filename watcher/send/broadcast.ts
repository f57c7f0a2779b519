import { BaseError, type Client, createClient, type Hex, http } from 'viem'
import type { Watch } from '../context.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import type { Route } from './route.ts'

const relays = new Map<string, Client>()

/** One try, and not for long: the next round broadcasts again. */
const RELAY_TIMEOUT_MS = 10_000

/**
 * Broadcasts signed bytes. Trouble is not thrown: whatever an endpoint said, the bytes may have got through, and `settle`
 * follows them. What a node knows already is no trouble.
 *
 * @param quiet whether it was broadcast before, so that the same refusal is not said every round
 * @returns why nobody took it; null when somebody did
 */
export async function broadcast(
  { chain, config, log }: Pick<Watch, 'chain' | 'config' | 'log'>,
  raw: string,
  route: Route,
  quiet = false,
): Promise<Refusal | null> {
  const serializedTransaction = raw as Hex
  const tries: Promise<unknown>[] = []
  if (route !== 'public' && config.relayUrl)
    tries.push(
      relayOf(config.relayUrl).request({ method: 'eth_sendRawTransaction', params: [serializedTransaction] } as never),
    )
  if (route !== 'relay') tries.push(chain.client.sendRawTransaction({ serializedTransaction }))
  let refusal: Refusal | null = null
  let isTaken = false
  for (const outcome of await Promise.allSettled(tries)) {
    if (outcome.status === 'fulfilled') {
      isTaken = true
      continue
    }
    const said = wordsOf(outcome.reason)
    refusal = refusalOf(said)
    if (refusal === 'known') isTaken = true
    else log[quiet || refusal === 'nonceUsed' ? 'debug' : 'warn']({ reason: said, refusal }, 'a broadcast was refused')
  }
  return isTaken ? null : refusal
}

/** What the endpoint said: its own words, never viem's message, which quotes the URL and its API key. */
function wordsOf(error: unknown): string {
  if (error instanceof BaseError) return error.details || error.shortMessage
  return error instanceof Error ? error.name : 'no answer'
}

function relayOf(url: string): Client {
  const known = relays.get(url)
  if (known) return known
  const client = createClient({ transport: http(url, { timeout: RELAY_TIMEOUT_MS, retryCount: 0 }) })
  relays.set(url, client)
  return client
}
