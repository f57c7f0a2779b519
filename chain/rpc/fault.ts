import {
  BaseError,
  HttpRequestError,
  ResponseBodyTooLargeError,
  SocketClosedError,
  TimeoutError,
  WebSocketRequestError,
} from 'viem'

/**
 * What kind of trouble an endpoint, not the chain, is in: `limited` it wants fewer requests, `timeout` and `failed` say
 * nothing about the question, `behind` it does not have the block (yet, or any more), `unsupported` it lacks the method.
 */
export type Fault = 'limited' | 'timeout' | 'failed' | 'behind' | 'unsupported'

/** Thrown for an answer that cannot be one: what is not hex where hex belongs, or is about another block than asked. */
export class MalformedAnswerError extends BaseError {
  override name = 'MalformedAnswerError'
}

/** Thrown for a request to an endpoint that is on another chain than configured. */
export class WrongChainError extends BaseError {
  override name = 'WrongChainError'
  readonly chainId: number
  constructor(chainId: number) {
    super(`The endpoint is on chain ${chainId}.`)
    this.chainId = chainId
  }
}

const ofTransport = [
  HttpRequestError,
  WebSocketRequestError,
  SocketClosedError,
  ResponseBodyTooLargeError,
  MalformedAnswerError,
  WrongChainError,
]
/** EIP-1474's, HTTP's put into JSON, and QuickNode's. */
const LIMITED = new Set([-32005, 429, -32007])
/** "Parse error" and "Invalid request": our requests are neither, so something on the way is broken. */
const BROKEN = new Set([-32700, -32600])
const UNSUPPORTED = new Set([-32601, -32004])
const TOO_MANY = /too many requests|rate.?limit|request limit/i
const NO_BLOCK =
  /unknown block|(block|header)( with id)?[^.]* not found|missing trie node|historical state|pruned|block ?out ?of ?range|not canonical/i

/** The trouble an error tells of; null when it is the chain's own answer, such as a revert or a refused transaction. */
export function faultOf(error: unknown): Fault | null {
  if (!(error instanceof BaseError)) return null
  const find = (test: (one: unknown) => boolean) => error.walk(test) as Partial<{ code: number; data: unknown }> | null
  if (find((one) => one instanceof HttpRequestError && one.status === 429)) return 'limited'
  if (find((one) => one instanceof TimeoutError)) return 'timeout'
  if (find((one) => ofTransport.some((kind) => one instanceof kind))) return 'failed'
  const coded = find((one) => typeof (one as { code?: unknown }).code === 'number')
  if (!coded) return null
  const code = coded.code as number
  const said = `${error.details} ${error.shortMessage}`
  if (LIMITED.has(code)) return 'limited'
  // A revert's own words may be any, also those below.
  if (code === 3 || /revert/i.test(said) || find(hasData)) return null
  if (TOO_MANY.test(said)) return 'limited'
  if (BROKEN.has(code)) return 'failed'
  if (UNSUPPORTED.has(code)) return 'unsupported'
  if (NO_BLOCK.test(said)) return 'behind'
  // "Internal error" is what some nodes call whatever a transaction does wrong.
  return code === -32603 && !/execution|insufficient funds|nonce|gas/i.test(said) ? 'failed' : null
}

function hasData(one: unknown): boolean {
  return typeof (one as { data?: unknown }).data === 'string'
}
