import type { RpcRequest } from './check-answer.ts'

const ALWAYS_LATEST = new Set(['eth_blockNumber', 'eth_gasPrice', 'eth_maxPriorityFeePerGas', 'eth_feeHistory'])
/** Where the block parameter of a method is; left out, it means the latest block. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getBlockByNumber: 0,
}

/** Whether a request is about the chain's latest state, so that an endpoint that lags answers it wrongly. */
export function isAboutLatest({ method, params }: RpcRequest): boolean {
  if (ALWAYS_LATEST.has(method)) return true
  const position = BLOCK_PARAMETER[method]
  if (position === undefined) return false
  const block = Array.isArray(params) ? params[position] : undefined
  return block === undefined || block === 'latest' || block === 'pending'
}

/**
 * The block that an endpoint must have to answer; null when any will do. Only logs: asked for blocks that it does not have
 * yet, an endpoint gives those of the others as if they were all.
 */
export function neededBlock({ method, params }: RpcRequest): bigint | null {
  if (method !== 'eth_getLogs' || !Array.isArray(params)) return null
  const to: unknown = params[0]?.toBlock
  return typeof to === 'string' && /^0x[0-9a-f]+$/i.test(to) ? BigInt(to) : null
}

/** The same request with its block given by hash instead of number, where it names this number (EIP-1898). */
export function pinnedByHash(request: RpcRequest, number: bigint, hash: string): RpcRequest {
  const { method, params } = request
  const position = BLOCK_PARAMETER[method]
  if (position === undefined || !Array.isArray(params) || !BY_HASH.has(method)) return request
  const block: unknown = params[position]
  if (typeof block !== 'string' || !block.startsWith('0x') || BigInt(block) !== number) return request
  return { method, params: params.with(position, { blockHash: hash, requireCanonical: true }) }
}

const BY_HASH = new Set(['eth_call', 'eth_getBalance', 'eth_getCode', 'eth_getTransactionCount', 'eth_getStorageAt'])
