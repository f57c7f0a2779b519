import {
  BaseError,
  createPublicClient,
  fallback,
  HttpRequestError,
  http,
  LimitExceededRpcError,
  type PublicClient,
  TimeoutError,
  type Transport,
  WebSocketRequestError,
  webSocket,
} from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Config } from '../config/config.ts'

/** The protocol version this code speaks: `Gainsay.VERSION()`. */
export const PROTOCOL_VERSION = 'gainsay/1'
/** The version of convictions, demands and appeals that this code speaks: `Conviction.VERSION()`. */
export const CONVICTION_VERSION = 'gainsay-conviction/1'

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000'

/** Thrown when the chain at hand is not the one configured; `kind` says what differs. */
export class ChainError extends Error {
  override name = 'ChainError'
  readonly kind: 'unreachable' | 'wrongChain' | 'noContract' | 'wrongVersion' | 'wrongSeat'
  constructor(kind: ChainError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** The contract's constants. Windows in seconds, bonds in wei, shares in 1/10,000. */
export type Parameters = Awaited<ReturnType<typeof readParameters>>

/** Who sits in the conviction seat of a deployment, for good: the address is one of its constants. */
export interface Seat {
  /** lower case */
  address: `0x${string}`
  /**
   * `ready` to be called; `undeployed` while there is no code, as between the deployments of the two contracts; `foreign`
   * when what is there does not speak `CONVICTION_VERSION`
   */
  state: 'ready' | 'undeployed' | 'foreign'
}

/** A connection to the chain whose identity has been checked. */
export interface Chain {
  client: PublicClient
  contract: `0x${string}`
  chainId: number
  parameters: Parameters
  /** undefined when the deployment leaves the seat empty */
  seat?: Seat | undefined
}

/** A transport over all endpoints: the first that answers, a few retries each. */
export function transportOf(rpcUrls: readonly string[]): Transport {
  return fallback(
    rpcUrls.map((url) =>
      url.startsWith('ws')
        ? webSocket(url, { timeout: 10_000 })
        : http(url, { timeout: 10_000, retryCount: 2, retryDelay: 200 }),
    ),
  )
}

/**
 * Connects and checks chain id, contract, protocol version and, where one is configured, conviction contract, in this order.
 * A watcher once made the right challenges against the wrong contract version and lost them all (Kroma, 2024).
 *
 * @throws ChainError naming what differs and what to set
 */
export async function connect(
  config: Pick<Config, 'rpcUrls' | 'chainId' | 'contract'> & Partial<Pick<Config, 'conviction'>>,
): Promise<Chain> {
  const client = createPublicClient({ transport: transportOf(config.rpcUrls), pollingInterval: 500 })
  const chainId = await client.getChainId().catch((error: unknown) => {
    throw new ChainError(
      'unreachable',
      `No RPC endpoint answers (${config.rpcUrls.map(hostOf).join(', ')}). Check GAINSAY_RPC_URL and that the node runs.`,
      { cause: error },
    )
  })
  if (chainId !== config.chainId)
    throw new ChainError(
      'wrongChain',
      `The RPC endpoint is on chain ${chainId}, but GAINSAY_CHAIN_ID says ${config.chainId}. Correct one of them.`,
    )
  const code = await client.getCode({ address: config.contract })
  if (!code)
    throw new ChainError(
      'noContract',
      `There is no contract at ${config.contract} on chain ${chainId}. Check GAINSAY_CONTRACT.`,
    )
  const version = await client
    .readContract({ address: config.contract, abi: gainsayAbi, functionName: 'VERSION' })
    .catch(() => null)
  if (version !== PROTOCOL_VERSION)
    throw new ChainError(
      'wrongVersion',
      version === null
        ? `The contract at ${config.contract} is not a Gainsay contract. Check GAINSAY_CONTRACT.`
        : `The contract at ${config.contract} speaks ${JSON.stringify(version.slice(0, 40))}, this software ${PROTOCOL_VERSION}. Install the version of Gainsay that fits.`,
    )
  const parameters = await readParameters(client, config.contract)
  const seat = await seatOf(client, parameters)
  if (config.conviction && config.conviction !== seat?.address)
    throw new ChainError(
      'wrongSeat',
      `GAINSAY_CONVICTION says ${config.conviction}, but the Gainsay contract at ${config.contract} ${seat ? `names ${seat.address} as its conviction contract` : 'has no conviction contract'}. Leave GAINSAY_CONVICTION out: the address is read from the chain.`,
    )
  return { client, contract: config.contract, chainId, parameters, seat }
}

/**
 * The conviction contract whose events belong to the history; undefined where there is none. One that is not deployed yet
 * is followed, so that nobody has to start again when it is. One that speaks otherwise is not: its events may mean anything.
 */
export function followedConviction({ seat }: Pick<Chain, 'seat'>): `0x${string}` | undefined {
  return seat?.state === 'foreign' ? undefined : seat?.address
}

async function seatOf(client: PublicClient, { conviction }: Parameters): Promise<Seat | undefined> {
  const address = conviction.toLowerCase() as `0x${string}`
  if (address === ZERO_ADDRESS) return undefined
  if (!(await client.getCode({ address }))) return { address, state: 'undeployed' }
  const version = await client
    .readContract({ address, abi: convictionAbi, functionName: 'VERSION' })
    .catch((error: unknown) => {
      // What the endpoint did says nothing about the contract, and the history depends on the answer.
      if (!isOfEndpoint(error)) return null
      throw new ChainError('unreachable', `The RPC endpoints do not tell what is at ${address}. Try again.`, {
        cause: error,
      })
    })
  return { address, state: version === CONVICTION_VERSION ? 'ready' : 'foreign' }
}

function isOfEndpoint(error: unknown): boolean {
  const kinds = [HttpRequestError, TimeoutError, WebSocketRequestError, LimitExceededRpcError]
  return error instanceof BaseError && error.walk((one) => kinds.some((kind) => one instanceof kind)) !== null
}

function readParameters(client: PublicClient, contract: `0x${string}`) {
  return client.readContract({ address: contract, abi: gainsayAbi, functionName: 'parameters' })
}

/** An endpoint's host only: paths and queries often carry API keys. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid URL'
}
