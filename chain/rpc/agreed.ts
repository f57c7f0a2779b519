import { isDeepStrictEqual } from 'node:util'
import { BaseError, createPublicClient, custom, type Hex, type PublicClient } from 'viem'
import type { RpcRequest } from './check-answer.ts'
import type { Endpoint } from './endpoint.ts'
import { type Endpoints, EndpointsError } from './endpoints.ts'
import { faultOf } from './fault.ts'
import { pinnedByHash } from './what-is-asked.ts'

/** Thrown when endpoints give different answers about one block and no two agree. Worth a retry, not an action. */
export class DisagreementError extends Error {
  override name = 'DisagreementError'
  readonly blockNumber: bigint
  // Not in the message, which is told once as long as it stays the same.
  constructor(message: string, blockNumber: bigint) {
    super(message)
    this.blockNumber = blockNumber
  }
}

/** The block that a read is about. Time in seconds. */
export interface Pin {
  blockNumber: bigint
  blockHash: Hex
  timestamp: bigint
}

/**
 * A read of the chain: asks only through the client given, and names the block number given wherever a block can be named.
 * Run on several endpoints, so it must have no effect.
 */
export type Read<T> = (client: PublicClient, blockNumber: bigint, pin: Pin) => Promise<T>

/** What one endpoint says. A revert, or "no such receipt", is an answer as well. */
type Outcome<T> = { value: T } | { error: BaseError }
interface Vote<T> {
  endpoint: Endpoint
  blockHash: Hex
  outcome: Outcome<T>
}

/** How many must say the same, where there are as many. */
const QUORUM = 2

/**
 * Runs a read at one block, of the same hash, on two endpoints, and returns what both say; one alone decides only where only
 * one is configured. When two differ, a third one decides, and the one that is alone is not asked for a while: an endpoint
 * that lies about a block that it has once shown to be the same. Without a third, nobody can tell.
 *
 * @throws DisagreementError when no two say the same
 * @throws EndpointsError when too few answer
 * @throws what `read` throws, when both endpoints' reads throw the same kind of error (for reverts: with the same data)
 */
export async function agreed<T>(
  endpoints: Endpoints,
  read: Read<T>,
  { equal = isDeepStrictEqual }: { equal?: (one: T, other: T) => boolean } = {},
): Promise<T> {
  const needed = Math.min(QUORUM, endpoints.all.length)
  await endpoints.refreshHeads()
  let able = endpoints.able()
  // A hiccup must not cost a round.
  if (able.length < needed && (await endpoints.awaken())) able = endpoints.able()
  // The highest block that as many know as must agree on it.
  const heads = able.map(({ block }) => block as bigint).sort((a, b) => (a < b ? 1 : -1))
  const number = heads[needed - 1]
  if (number === undefined) throw tooFew(endpoints, able.length, needed)
  const voters = able.filter(({ block }) => (block as bigint) >= number)
  const votes: Vote<T>[] = []
  while (voters.length > 0) {
    // Two at first, then one more at a time.
    const asked = voters.splice(0, Math.max(1, needed - votes.length))
    for (const vote of await Promise.all(asked.map((endpoint) => ask(endpoint, number, read))))
      if (vote) votes.push(vote)
    const winner = votes.find(
      (vote) =>
        votes.filter((other) => other.blockHash === vote.blockHash && isSame(vote.outcome, other.outcome, equal))
          .length >= needed,
    )
    if (!winner) continue
    for (const vote of votes)
      if (!isSame(vote.outcome, winner.outcome, equal) || vote.blockHash !== winner.blockHash)
        blame(vote, winner, number)
    if ('error' in winner.outcome) throw winner.outcome.error
    return winner.outcome.value
  }
  if (votes.length < needed) throw tooFew(endpoints, votes.length, needed)
  const names = votes.map(({ endpoint }) => endpoint.name).join(' and ')
  throw new DisagreementError(
    `The RPC endpoints ${names} differ about one block. Nothing is concluded from it until two agree.`,
    number,
  )
}

async function ask<T>(endpoint: Endpoint, blockNumber: bigint, read: Read<T>): Promise<Vote<T> | null> {
  try {
    const { hash: blockHash, timestamp } = await endpoint.client.getBlock({ blockNumber })
    const outcome = await outcomeOf(() =>
      read(pinned(endpoint, blockNumber, blockHash), blockNumber, { blockNumber, blockHash, timestamp }),
    )
    return outcome && { endpoint, blockHash, outcome }
  } catch {
    // No block, no answer, or an answer that makes no sense: no vote.
    return null
  }
}

async function outcomeOf<T>(read: () => Promise<T>): Promise<Outcome<T> | null> {
  try {
    return { value: await read() }
  } catch (error) {
    if (!(error instanceof BaseError) || error instanceof EndpointsError || faultOf(error)) return null
    return { error }
  }
}

/**
 * A client of one endpoint that asks for state by the block's hash: between two requests by number a reorg, or a load
 * balancer, may put another block there.
 */
function pinned(endpoint: Endpoint, number: bigint, hash: Hex): PublicClient {
  const request = async (args: RpcRequest): Promise<unknown> => {
    const byHash = endpoint.takesHashes ? pinnedByHash(args, number, hash) : args
    if (byHash === args) return endpoint.request(args)
    try {
      return await endpoint.request(byHash)
    } catch (error) {
      if (!isRefusedParameter(error)) throw error
      endpoint.takesHashes = false
      return endpoint.request(args)
    }
  }
  return createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 })
}

/** "Invalid params", from an endpoint that does not know EIP-1898. */
function isRefusedParameter(error: unknown): boolean {
  return error instanceof BaseError && error.walk((one) => (one as { code?: unknown }).code === -32602) !== null
}

function isSame<T>(one: Outcome<T>, other: Outcome<T>, equal: (a: T, b: T) => boolean): boolean {
  if ('value' in one && 'value' in other) return equal(one.value, other.value)
  return 'error' in one && 'error' in other && kindOf(one.error) === kindOf(other.error)
}

/** What is the same of an error wherever it comes from: nodes word theirs differently. */
function kindOf(error: BaseError): string {
  const raw = error.walk((one) => typeof (one as { data?: unknown }).data === 'string') as { data?: string } | null
  return raw?.data ?? error.name
}

function blame({ endpoint, blockHash }: Vote<unknown>, winner: Vote<unknown>, number: bigint): void {
  // On another fork it may be honest; it is only not of use now.
  if (blockHash !== winner.blockHash) endpoint.suspect('failed')
  else endpoint.quarantine(`it contradicts two others about block ${number}`)
}

function tooFew(endpoints: Endpoints, able: number, needed: number): EndpointsError {
  return new EndpointsError(
    needed === 1
      ? `The RPC endpoint cannot be asked now (${endpoints.describe()}).`
      : `${able} of the ${endpoints.all.length} RPC endpoints can be asked now, and two must agree (${endpoints.describe()}).`,
  )
}
