import { MalformedAnswerError } from './fault.ts'

/** A JSON-RPC request. */
export interface RpcRequest {
  method: string
  params?: unknown
}

const QUANTITY = /^0x[0-9a-f]{1,64}$/i
const BYTES = /^0x([0-9a-f]{2})*$/i
const HASH = /^0x[0-9a-f]{64}$/i

type Check = (answer: unknown, params: readonly unknown[]) => boolean

const quantity: Check = (answer) => typeof answer === 'string' && QUANTITY.test(answer)
const bytes: Check = (answer) => typeof answer === 'string' && BYTES.test(answer)
const block: Check = (answer, [asked]) =>
  answer === null ||
  (isObject(answer) &&
    isHash(answer.hash) &&
    isHash(answer.parentHash) &&
    typeof answer.number === 'string' &&
    typeof answer.timestamp === 'string' &&
    (!isHash(asked) || same(asked, answer.hash)) &&
    (typeof asked !== 'string' || isHash(asked) || !QUANTITY.test(asked) || BigInt(asked) === BigInt(answer.number)))
const ofTransaction =
  (field: 'hash' | 'transactionHash'): Check =>
  (answer, [asked]) =>
    answer === null || (isObject(answer) && same(answer[field], asked))

const checks: Readonly<Record<string, Check>> = {
  eth_chainId: quantity,
  eth_blockNumber: quantity,
  eth_getBalance: quantity,
  eth_getTransactionCount: quantity,
  eth_estimateGas: quantity,
  eth_gasPrice: quantity,
  eth_maxPriorityFeePerGas: quantity,
  eth_call: bytes,
  eth_getCode: bytes,
  eth_sendRawTransaction: (answer) => isHash(answer),
  eth_getBlockByNumber: block,
  eth_getBlockByHash: block,
  eth_getTransactionReceipt: ofTransaction('transactionHash'),
  eth_getTransactionByHash: ofTransaction('hash'),
  eth_getLogs: (answer) => Array.isArray(answer),
}

/**
 * Refuses an answer that is not of its method's shape, or about another block or transaction than asked. A proxy's error
 * page in JSON, or a cache that mixes answers up, must count as no answer and not as one of the chain.
 *
 * @throws MalformedAnswerError naming the method
 */
export function checkAnswer({ method, params }: RpcRequest, answer: unknown): void {
  const fits = checks[method] ?? ((one) => one !== undefined)
  if (fits(answer, Array.isArray(params) ? params : [])) return
  throw new MalformedAnswerError(`The answer to ${method} is not one.`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

function same(one: unknown, other: unknown): boolean {
  return typeof one === 'string' && typeof other === 'string' && one.toLowerCase() === other.toLowerCase()
}
