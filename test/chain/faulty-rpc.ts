import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomFrom } from '../../demo/random.ts'

/**
 * A trouble that an RPC endpoint can be in.
 *
 * - `error`: a JSON-RPC error; "internal error" unless code and message are given
 * - `status`: an HTTP status with a page of HTML, as a dying proxy's (500 unless given)
 * - `limit`: HTTP 429, with `Retry-After` when `retryAfter` is given (seconds, or a date)
 * - `limitInBody`: HTTP 200 and a JSON-RPC error of a rate limit
 * - `timeout`: no answer ever; the connection stays open until the client gives up, or for `ms`
 * - `slowBody`: headers at once, then a body that never ends
 * - `drop`: the connection is cut without an answer
 * - `dropAfter`: the request is carried out, then the connection is cut: nobody knows whether it was
 * - `garbage`: 200 with something that is not JSON, or not JSON-RPC
 * - `delay`: the right answer, `ms` late
 */
export type Trouble =
  | { kind: 'error'; code?: number; message?: string; data?: string }
  | { kind: 'status'; status?: number }
  | { kind: 'limit'; retryAfter?: string }
  | { kind: 'limitInBody' }
  | { kind: 'timeout'; ms?: number }
  | { kind: 'slowBody' }
  | { kind: 'drop' }
  | { kind: 'dropAfter' }
  | { kind: 'garbage'; text?: string }
  | { kind: 'delay'; ms: number }

/** Which requests a trouble meets. */
export interface Aim {
  /** of these methods; any if not given */
  methods?: readonly string[]
  /** this share of them, 0 to 1, drawn from the proxy's seed; all if not given */
  share?: number
  /** so many times, then no more; without end if not given */
  times?: number
}

/** A JSON-RPC request as the proxy got it. */
export interface Asked {
  method: string
  params: readonly unknown[]
}

/** A lie: takes the true answer and gives another one; what it returns is sent. */
export type Lie = (answer: unknown, asked: Asked) => unknown

/** A JSON-RPC endpoint that passes everything on to a real one, except what it is told to spoil. */
export interface FaultyRpc {
  /** what to give as `GAINSAY_RPC_URL`; its path stands for a key that no log may show */
  readonly url: string
  /** the part of the URL that must stay secret */
  readonly secret: string
  /** requests so far by method, those it spoilt too; clear it to count anew */
  readonly counts: Map<string, number>
  /** what it was asked, newest last, as long as `record` is true */
  readonly asked: Asked[]
  record: boolean
  /** Brings a trouble over it; several may be on, the first that fits a request meets it. @returns ends this one */
  trouble(trouble: Trouble, aim?: Aim): () => void
  /** Answers a method wrongly. @returns ends this lie */
  lie(method: string, lie: Lie, aim?: Omit<Aim, 'methods'>): () => void
  /** Freezes its head: everything latest is that of this block, and it knows no later one. */
  freeze(blockNumber: bigint | number): void
  /** Always as many blocks behind as this; 0 ends it. */
  lag(blocks: number): void
  /** Passes on to another chain from now on: another fork, another network. */
  retarget(rpcUrl: string): void
  /** Ends every trouble and lie, and thaws its head; the target stays. */
  heal(): void
  /** Stops listening, so that connections are refused; `start` listens on the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * Starts an endpoint in front of `target`. Everything random comes from `seed`, one draw a request that a trouble with a
 * share might meet, so that one seed and one order of requests give one run.
 *
 * @example
 * const rpc = await startFaultyRpc(anvil.rpcUrl, { seed: 7 })
 * const heal = rpc.trouble({ kind: 'limit', retryAfter: '2' }, { methods: ['eth_call'], share: 0.5 })
 * rpc.lie('eth_getCode', () => '0x')
 * rpc.freeze(12)
 */
export async function startFaultyRpc(target: string, { seed = 1 }: { seed?: number } = {}): Promise<FaultyRpc> {
  const random = randomFrom(seed)
  const secret = `key-${seed}-f00dfeed`
  const troubles: { trouble: Trouble; aim: Aim; left: number }[] = []
  const lies: { method: string; lie: Lie; aim: Aim; left: number }[] = []
  const counts = new Map<string, number>()
  const asked: Asked[] = []
  let to = target
  let head: { at: bigint } | { behind: bigint } | undefined

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void serve(Buffer.concat(chunks).toString(), response).catch(() => response.destroy())
    })
  })

  async function serve(text: string, response: ServerResponse): Promise<void> {
    const body = JSON.parse(text) as Incoming | Incoming[]
    const calls = Array.isArray(body) ? body : [body]
    for (const { method, params = [] } of calls) {
      counts.set(method, (counts.get(method) ?? 0) + 1)
      if (proxy.record) asked.push({ method, params })
    }
    const trouble = meets(troubles, (aim) => calls.some(({ method }) => aim.methods?.includes(method) ?? true), random)
    if (trouble && (await spoil(trouble.trouble, response, calls, pass))) return
    const answers = await pass(calls)
    send(response, Array.isArray(body) ? answers : answers[0])
  }

  async function pass(calls: readonly Incoming[]): Promise<Answer[]> {
    const limit = head && ('at' in head ? head.at : BigInt(await plain(to, 'eth_blockNumber')) - head.behind)
    return Promise.all(
      calls.map(async (call): Promise<Answer> => {
        const { id, method, params = [] } = call
        const told = limit === undefined ? undefined : beforeHead(method, params, limit)
        const answer: Answer =
          told && 'answer' in told
            ? { jsonrpc: '2.0', id, ...told.answer }
            : await forward(to, { jsonrpc: '2.0', id, method, params: told?.params ?? params })
        if (limit !== undefined) hideLater(method, answer, limit)
        const lie = meets(
          lies.filter((one) => one.method === method),
          () => true,
          random,
        )
        if (lie && !answer.error) answer.result = lie.lie(answer.result, { method, params })
        return answer
      }),
    )
  }

  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const add = <T>(list: T[], item: T) => {
    list.push(item)
    return () => {
      const at = list.indexOf(item)
      if (at >= 0) list.splice(at, 1)
    }
  }
  const proxy: FaultyRpc = {
    url: `http://127.0.0.1:${port}/v1/${secret}`,
    ...{ secret, counts, asked },
    record: false,
    trouble: (trouble, aim = {}) => add(troubles, { trouble, aim, left: aim.times ?? Number.POSITIVE_INFINITY }),
    lie: (method, lie, aim = {}) => add(lies, { method, lie, aim, left: aim.times ?? Number.POSITIVE_INFINITY }),
    freeze(blockNumber) {
      head = { at: BigInt(blockNumber) }
    },
    lag(blocks) {
      head = blocks === 0 ? undefined : { behind: BigInt(blocks) }
    },
    retarget(rpcUrl) {
      to = rpcUrl
    },
    heal() {
      troubles.length = 0
      lies.length = 0
      head = undefined
    },
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    start: () => (server.listening ? Promise.resolve() : listen(port)),
  }
  return proxy
}

interface Incoming {
  jsonrpc: '2.0'
  id: number
  method: string
  params?: readonly unknown[]
}
interface Answer {
  jsonrpc: '2.0'
  id: number
  result?: unknown
  error?: { code: number; message: string; data?: unknown }
}

/** The first that fits and is drawn; it is used up by one. */
function meets<T extends { aim: Aim; left: number }>(
  list: readonly T[],
  fits: (aim: Aim) => boolean,
  random: Random,
): T | undefined {
  for (const one of list) {
    if (one.left <= 0 || !fits(one.aim)) continue
    if (one.aim.share !== undefined && random.next() >= one.aim.share) continue
    one.left--
    return one
  }
  return undefined
}

/** Does what the trouble does; false when the true answer is still to be sent. */
async function spoil(
  trouble: Trouble,
  response: ServerResponse,
  calls: readonly Incoming[],
  pass: (calls: readonly Incoming[]) => Promise<Answer[]>,
): Promise<boolean> {
  switch (trouble.kind) {
    case 'error': {
      const { code = -32603, message = 'internal error', data } = trouble
      const answers = calls.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code, message, data } }))
      send(response, calls.length > 1 ? answers : answers[0])
      return true
    }
    case 'status':
      response.writeHead(trouble.status ?? 500, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
      return true
    case 'limit': {
      const pause = trouble.retryAfter === undefined ? {} : { 'retry-after': trouble.retryAfter }
      response.writeHead(429, { 'content-type': 'application/json', ...pause })
      response.end(JSON.stringify({ jsonrpc: '2.0', id: calls[0]?.id, error: { code: -32000, message: 'slow down' } }))
      return true
    }
    case 'limitInBody':
      send(response, { jsonrpc: '2.0', id: calls[0]?.id, error: { code: 429, message: 'compute units exceeded' } })
      return true
    case 'timeout':
      if (trouble.ms === undefined) return true
      await sleep(trouble.ms, undefined, { ref: false })
      response.destroy()
      return true
    case 'slowBody':
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc":"2.0",')
      return true
    case 'drop':
      response.destroy()
      return true
    case 'dropAfter':
      await pass(calls)
      response.destroy()
      return true
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end(trouble.text ?? '{"jsonrpc":"2.0","id"')
      return true
    case 'delay':
      await sleep(trouble.ms)
      return false
  }
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Where a method's block parameter is. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getBlockByNumber: 0,
}

/** A request as it is for whoever knows no block after `head`: with other parameters, or answered at once. */
function beforeHead(
  method: string,
  params: readonly unknown[],
  head: bigint,
): { params: unknown[] } | { answer: Pick<Answer, 'result' | 'error'> } | undefined {
  if (method === 'eth_blockNumber') return { answer: { result: toHex(head) } }
  if (method === 'eth_getLogs') {
    const filter = { ...(params[0] as Record<string, unknown>) }
    if (filter.blockHash !== undefined) return undefined
    filter.toBlock = toHex(lesser(numberOf(filter.toBlock, head), head))
    return { params: [filter] }
  }
  const at = BLOCK_AT[method]
  if (at === undefined) return undefined
  const number = numberOf(params[at], head)
  if (number <= head) {
    if (typeof params[at] === 'object' && params[at] !== null) return undefined
    const changed = [...params]
    changed[at] = toHex(number)
    return { params: changed }
  }
  if (method === 'eth_getBlockByNumber') return { answer: { result: null } }
  return { answer: { error: { code: -32000, message: 'header not found' } } }
}

/** Answers about one thing by its hash: nothing of later blocks is known. */
function hideLater(method: string, answer: Answer, head: bigint): void {
  if (!['eth_getBlockByHash', 'eth_getTransactionReceipt', 'eth_getTransactionByHash'].includes(method)) return
  const { number, blockNumber } = (answer.result ?? {}) as { number?: string; blockNumber?: string }
  const at = number ?? blockNumber
  if (at && BigInt(at) > head) answer.result = null
}

function numberOf(block: unknown, head: bigint): bigint {
  if (typeof block === 'string' && block.startsWith('0x')) return BigInt(block)
  return block === 'earliest' ? 0n : head
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

function toHex(number: bigint): string {
  return `0x${number.toString(16)}`
}

async function forward(target: string, call: Incoming): Promise<Answer> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
  })
  return (await response.json()) as Answer
}

async function plain(target: string, method: string): Promise<string> {
  return (await forward(target, { jsonrpc: '2.0', id: 1, method })).result as string
}
