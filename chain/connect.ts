import { createPublicClient, fallback, http, type PublicClient, type Transport, webSocket } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Config } from '../config/config.ts'

/** The protocol version this code speaks: `Gainsay.VERSION()`. */
export const PROTOCOL_VERSION = 'gainsay/1'

/** Thrown when the chain at hand is not the one configured; `kind` says what differs. */
export class ChainError extends Error {
  override name = 'ChainError'
  readonly kind: 'unreachable' | 'wrongChain' | 'noContract' | 'wrongVersion'
  constructor(kind: ChainError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** The contract's constants. Windows in seconds, bonds in wei, shares in 1/10,000. */
export type Parameters = Awaited<ReturnType<typeof readParameters>>

/** A connection to the chain whose identity has been checked. */
export interface Chain {
  client: PublicClient
  contract: `0x${string}`
  chainId: number
  parameters: Parameters
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
 * Connects and checks chain id, contract and protocol version, in this order.
 * A watcher once made the right challenges against the wrong contract version and lost them all (Kroma, 2024).
 *
 * @throws ChainError naming what differs and what to set
 */
export async function connect(config: Pick<Config, 'rpcUrls' | 'chainId' | 'contract'>): Promise<Chain> {
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
  return { client, contract: config.contract, chainId, parameters: await readParameters(client, config.contract) }
}

function readParameters(client: PublicClient, contract: `0x${string}`) {
  return client.readContract({ address: contract, abi: gainsayAbi, functionName: 'parameters' })
}

/** An endpoint's host only: paths and queries often carry API keys. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid URL'
}
