import { BaseError, createPublicClient, type PublicClient } from 'viem'
import type { Config } from '../config/config.ts'
import type { GainsayConfig } from '../config/gainsay.ts'
import { contractNeeded } from '../config/principal.ts'
import { type Parameters, PROTOCOL_VERSION, readDeployment, readIdentity, type Seat } from './identity.ts'
import { agreed, type Read } from './rpc/agreed.ts'
import { Endpoints, isOfEndpoints } from './rpc/endpoints.ts'
import { WrongChainError } from './rpc/fault.ts'
import type { Notice } from './rpc/health.ts'

export { CONVICTION_VERSION, type Parameters, PROTOCOL_VERSION, type Seat } from './identity.ts'

/** Thrown when the chain at hand is not the one configured; `kind` says what differs. */
export class ChainError extends Error {
  override name = 'ChainError'
  readonly kind: 'unreachable' | 'wrongChain' | 'noContract' | 'wrongVersion' | 'wrongSeat' | 'changed'
  constructor(kind: ChainError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** A connection to the chain whose identity has been checked. */
export interface Chain {
  /** asks whichever endpoint is well; for what loses nothing by a wrong answer, or is simulated again on chain */
  client: PublicClient
  endpoints: Endpoints
  /**
   * Runs a read at one block on two endpoints where two are configured, and returns what both say: for all that money
   * depends on. See {@link agreed} for what it throws.
   *
   * @example
   * const credit = await chain.agreed((client, blockNumber) =>
   *   client.readContract({ address, abi, functionName: 'creditOf', args: [me], blockNumber }),
   * )
   */
  agreed<T>(read: Read<T>, options?: { equal?: (one: T, other: T) => boolean }): Promise<T>
  contract: `0x${string}`
  chainId: number
  parameters: Parameters
  /** undefined when the deployment leaves the seat empty */
  seat?: Seat | undefined
}

/** Which endpoints there are, on which chain, and how they are asked. */
type EndpointConfig = Pick<GainsayConfig, 'rpcUrls' | 'chainId'> & Partial<Pick<Config, 'rpcRate' | 'rpcLagBlocks'>>
/** Which contract is followed. */
type ContractConfig = Pick<GainsayConfig, 'rpcUrls' | 'chainId' | 'contract'> &
  Partial<Pick<GainsayConfig, 'conviction'>>

/** The endpoints that a configuration names. */
export function endpointsOf(config: EndpointConfig, notice?: Notice): Endpoints {
  const { chainId, rpcRate: rate, rpcLagBlocks: lagBlocks } = config
  return new Endpoints(config.rpcUrls, { chainId, rate, lagBlocks, notice })
}

/**
 * Connects and checks chain id, contract, protocol version and, where one is configured, conviction contract, in this order,
 * all at one block. A watcher once made the right challenges against the wrong contract version and lost them all (Kroma,
 * 2024).
 *
 * @param notice told of endpoints that go down and come back
 * @throws ChainError naming what differs and what to set
 * @throws ConfigError where no contract is configured
 */
export async function connect(
  config: { gainsay: ContractConfig | undefined } & Partial<Pick<Config, 'rpcRate' | 'rpcLagBlocks'>>,
  notice?: Notice,
): Promise<Chain> {
  const at = contractNeeded(config)
  const endpoints = endpointsOf({ ...config, ...at }, notice)
  const client = createPublicClient({ transport: endpoints.transport, pollingInterval: 500 })
  try {
    return {
      ...(await identify(client, at)),
      client,
      endpoints,
      agreed: (read, options) => agreed(endpoints, read, options),
    }
  } catch (error) {
    if (error instanceof ChainError) throw error
    throw troubleWith(endpoints, error, { ...at, variables: 'GAINSAY' })
  }
}

/** A connection to a chain on which nothing of ours is: it is read, and no money depends on it. */
export interface OtherChain {
  client: PublicClient
  endpoints: Endpoints
  chainId: number
}

/**
 * A connection to the chain of another network; nothing is asked yet.
 *
 * @param notice told of endpoints that go down and come back
 */
export function otherChain(config: EndpointConfig, notice?: Notice): OtherChain {
  const endpoints = endpointsOf(config, notice)
  const client = createPublicClient({ transport: endpoints.transport, cacheTime: 0 })
  return { client, endpoints, chainId: config.chainId }
}

/**
 * Checks that the chain of another network answers, and is the one configured.
 *
 * @param variables what the names of its variables begin with, for the message
 * @returns its latest block
 * @throws ChainError `unreachable` or `wrongChain`
 */
export async function checkChain({ client, endpoints, chainId }: OtherChain, variables: string): Promise<bigint> {
  try {
    return await client.getBlockNumber()
  } catch (error) {
    throw troubleWith(endpoints, error, { chainId, variables })
  }
}

/** What an endpoint's error means to whoever configured it; an error of another kind is handed back. */
function troubleWith(
  endpoints: Endpoints,
  error: unknown,
  { chainId, variables }: { chainId: number; variables: string },
): unknown {
  const elsewhere =
    error instanceof BaseError && (error.walk((one) => one instanceof WrongChainError) as WrongChainError | null)
  if (elsewhere)
    return new ChainError(
      'wrongChain',
      `The RPC endpoint is on chain ${elsewhere.chainId}, but ${variables}_CHAIN_ID says ${chainId}. Correct one of them.`,
    )
  if (!isOfEndpoints(error)) return error
  return new ChainError(
    'unreachable',
    `No RPC endpoint answers (${endpoints.all.map(({ name }) => name).join(', ')}). Check ${variables}_RPC_URL and that the node runs.`,
    { cause: error },
  )
}

async function identify(
  client: PublicClient,
  { chainId, contract, conviction }: ContractConfig,
): Promise<Pick<Chain, 'chainId' | 'contract' | 'parameters' | 'seat'>> {
  const { number } = await client.getBlock({ blockTag: 'latest' })
  const { codeHash, version } = await readIdentity(client, contract, number)
  if (codeHash === null)
    throw new ChainError(
      'noContract',
      `There is no contract at ${contract} on chain ${chainId}. Check GAINSAY_CONTRACT.`,
    )
  if (version !== PROTOCOL_VERSION)
    throw new ChainError(
      'wrongVersion',
      version === null
        ? `The contract at ${contract} is not a Gainsay contract. Check GAINSAY_CONTRACT.`
        : `The contract at ${contract} speaks ${JSON.stringify(version.slice(0, 40))}, this software ${PROTOCOL_VERSION}. Install the version of Gainsay that fits.`,
    )
  const { parameters, seat } = await readDeployment(client, contract, number)
  if (conviction && conviction !== seat?.address)
    throw new ChainError(
      'wrongSeat',
      `GAINSAY_CONVICTION says ${conviction}, but the Gainsay contract at ${contract} ${seat ? `names ${seat.address} as its conviction contract` : 'has no conviction contract'}. Leave GAINSAY_CONVICTION out: the address is read from the chain.`,
    )
  return { chainId, contract, parameters, seat }
}

/**
 * The conviction contract whose events belong to the history; undefined where there is none. One that is not deployed yet
 * is followed, so that nobody has to start again when it is. One that speaks otherwise is not: its events may mean anything.
 */
export function followedConviction({ seat }: Pick<Chain, 'seat'>): `0x${string}` | undefined {
  return seat?.state === 'foreign' ? undefined : seat?.address
}
