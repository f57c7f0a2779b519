import { BaseError, type Transport } from 'viem'

/** Thrown for a question about a block, by its hash, that the endpoint does not know (any more). */
export class BlockGoneError extends Error {
  override name = 'BlockGoneError'
  /** "Resource not found" (EIP-1474). */
  readonly code = -32001
  constructor(options: ErrorOptions) {
    // Ponder 0.16 repeats every failed request nine times with growing pauses, unless the message says "revert"
    // (`rpc/index.ts`, shouldRetry). A block that a reorg removed will not come back, and two minutes without indexing
    // can be a missed window; without this, that is what a reorg cost when it hit between a block and its logs.
    super('the endpoint does not know this block: a reorg reverted it, or the endpoint lags behind', options)
  }
}

/**
 * A transport for Ponder that tells at once when a block is gone, so that it looks at the new chain at its next poll.
 *
 * @throws BlockGoneError from its requests; everything else passes through
 */
export function reorgAwareTransport(transport: Transport): Transport {
  return (options) => {
    const inner = transport(options)
    const request = async (...args: Parameters<typeof inner.request>) => {
      try {
        return await inner.request(...args)
      } catch (error) {
        if (isAboutHash(args[0]) && isUnknownBlock(error)) throw new BlockGoneError({ cause: error })
        throw error
      }
    }
    return { ...inner, request: request as typeof inner.request }
  }
}

function isAboutHash({ method, params }: { method: string; params?: unknown }): boolean {
  if (method === 'eth_getBlockByHash') return true
  const [filter] = Array.isArray(params) ? params : []
  return method === 'eth_getLogs' && typeof filter?.blockHash === 'string'
}

function isUnknownBlock(error: unknown): boolean {
  const said = error instanceof BaseError ? `${error.details} ${error.shortMessage}` : String(error)
  return /unknown block|(block|header) not found/i.test(said)
}
