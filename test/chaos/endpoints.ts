import { randomFrom } from '../../demo/random.ts'
import { type FaultyRpc, type Lie, startFaultyRpc, type Trouble } from '../chain/faulty-rpc.ts'
import { rpc } from '../index/support/rpc.ts'
import { ENDPOINTS } from './schedule.ts'
import type { RpcTrouble, Side } from './trouble.ts'

/** The faulty endpoints of the watcher and of the index, in front of one chain. */
export interface FaultyEndpoints {
  readonly urls: Readonly<Record<Side, readonly string[]>>
  /** requests so far, by method */
  requests(): Map<string, number>
  /** Brings a trouble over one endpoint. @returns ends it */
  spoil(side: Side, endpoint: number, what: RpcTrouble): Promise<() => void>
  /** Lets all endpoints of a process fail. @returns ends it */
  blackout(side: Side): () => void
  heal(): void
  stop(): Promise<void>
}

const BAD_HASH = `0x${'66'.repeat(32)}`

/** Starts them; what each trouble is in detail comes from the seed. */
export async function startFaultyEndpoints(rpcUrl: string, seed: number): Promise<FaultyEndpoints> {
  const random = randomFrom(`endpoints/${seed}`)
  const start = (from: number) =>
    Promise.all(Array.from({ length: ENDPOINTS }, (_, i) => startFaultyRpc(rpcUrl, { seed: seed * 100 + from + i })))
  const sides: Record<Side, FaultyRpc[]> = { watcher: await start(0), index: await start(50) }
  const all = [...sides.watcher, ...sides.index]
  const urls = { watcher: sides.watcher.map(({ url }) => url), index: sides.index.map(({ url }) => url) }
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T

  async function spoil(side: Side, endpoint: number, what: RpcTrouble): Promise<() => void> {
    const one = sides[side][endpoint] as FaultyRpc
    const share = pick([0.3, 0.6, 1])
    if (what === 'errors') return one.trouble(pick(errors), { share })
    if (what === 'timeouts') return one.trouble(pick(slow), { share })
    if (what === 'rateLimit') return one.trouble(pick(limits), { share })
    if (what === 'lies') {
      const [method, lie] = pick(lies)
      return one.lie(method, lie)
    }
    if (random.next() < 0.5) one.lag(1 + random.below(15))
    else one.freeze(BigInt((await rpc(rpcUrl, 'eth_blockNumber')) as string))
    return () => one.lag(0)
  }

  return {
    urls,
    spoil,
    requests() {
      const sum = new Map<string, number>()
      for (const { counts } of all) for (const [name, n] of counts) sum.set(name, (sum.get(name) ?? 0) + n)
      return sum
    },
    blackout(side) {
      const ends = sides[side].map((one) => one.trouble(pick([{ kind: 'drop' }, { kind: 'status', status: 503 }])))
      return () => {
        for (const end of ends) end()
      }
    },
    heal() {
      for (const one of all) one.heal()
    },
    async stop() {
      await Promise.all(all.map((one) => one.stop()))
    },
  }
}

const errors: readonly Trouble[] = [
  { kind: 'error' },
  { kind: 'error', code: -32000, message: 'header not found' },
  { kind: 'error', code: -32005, message: 'backend response too large' },
  { kind: 'status', status: 502 },
  { kind: 'drop' },
  { kind: 'dropAfter' },
  { kind: 'garbage' },
  { kind: 'garbage', text: '<html>maintenance</html>' },
]

const slow: readonly Trouble[] = [
  { kind: 'timeout' },
  { kind: 'timeout', ms: 1_500 },
  { kind: 'slowBody' },
  { kind: 'delay', ms: 700 },
  { kind: 'delay', ms: 3_000 },
]

const limits: readonly Trouble[] = [
  { kind: 'limit' },
  { kind: 'limit', retryAfter: '1' },
  { kind: 'limit', retryAfter: '4' },
  { kind: 'limitInBody' },
]

const otherHash: Lie = (answer) => (answer === null ? null : { ...(answer as object), hash: BAD_HASH })
const nothing: Lie = () => null
/** An answer of eth_call with another last word: another status, credit, hash. */
const otherWord: Lie = (answer) => `${String(answer).slice(0, -1)}${String(answer).endsWith('7') ? '3' : '7'}`

/** Contradictory heads, and whatever else an endpoint of another opinion says. */
const lies: readonly (readonly [method: string, lie: Lie])[] = [
  ['eth_blockNumber', (answer) => `0x${(BigInt(String(answer)) + 1_000n).toString(16)}`],
  ['eth_getBlockByNumber', otherHash],
  ['eth_getBlockByNumber', nothing],
  ['eth_call', otherWord],
  ['eth_getTransactionReceipt', nothing],
  ['eth_getTransactionCount', (answer) => `0x${(BigInt(String(answer)) + 5n).toString(16)}`],
  ['eth_getTransactionCount', () => '0x0'],
  ['eth_getCode', () => '0x'],
  ['eth_gasPrice', () => '0x1'],
  ['eth_getBalance', () => '0x0'],
  ['eth_sendRawTransaction', () => BAD_HASH],
]
