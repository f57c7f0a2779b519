import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, toHex } from 'viem'
import { startLocalChain } from '../../demo/chain.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { rpc } from '../../test/index/support/rpc.ts'
import { inline, NOBODY, NODE_BOND, sha256, startStage, WINDOW } from '../../test/index/support/stage.ts'

/** A chain with one settled result, which past ones are copies of. */
export interface SmallChain {
  rpcUrl: string
  chainId: number
  contract: Hex
  startBlock: number
  resultId: Hex
  /** second at which that was posted */
  tip: bigint
  stop(): Promise<void>
}

/** Plays a short history, or starts the chain that was left in the folder before: an index knows its chain again by it. */
export async function startSmallChain(folder: string): Promise<SmallChain> {
  const path = join(folder, 'chain.json')
  if (!existsSync(path)) return play(path)
  const { state, tip, ...known } = JSON.parse(readFileSync(path, 'utf8'))
  const { rpcUrl, stop } = await startLocalChain({ blockTime: 3600 })
  await rpc(rpcUrl, 'anvil_loadState', state)
  return { ...known, tip: BigInt(tip), rpcUrl, stop }
}

async function play(path: string): Promise<SmallChain> {
  const stage = await startStage()
  const { rpcUrl, chainId, contract, startBlock, cast, move, stop } = stage
  const modelId = await move(cast.registrant, 'registerModel', [
    {
      ...{ modelHash: sha256('file'), graphRoot: sha256('graph'), uri: 'ipfs://file', arbiter: cast.arbiter },
      ...{ precision: 1, tolerance: 10n ** 13n, rule: 0, lambda: 0 },
    },
  ])
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  const deadline = (await stage.now()) + 100n
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, tensor('x'), deadline], 1n)
  const resultId = await move(cast.node, 'post', [requestId, tensor('y')])
  const tip = await stage.now()
  await stage.pass(WINDOW + 1)
  await move(cast.stranger, 'finalize', [resultId])
  // What a reorg could still undo would be read from the chain again.
  await stage.mine(100)
  const known = { chainId, contract, startBlock, resultId }
  writeFileSync(path, JSON.stringify({ ...known, tip: String(tip), state: await rpc(rpcUrl, 'anvil_dumpState') }))
  return { ...known, tip, rpcUrl, stop }
}

/** Ten numbers, as a small classifier gives. */
function tensor(name: string) {
  const data = new Uint8Array(Float32Array.from({ length: 10 }, (_, i) => i / 10).buffer)
  const bytes = encodeTensors(new Map([[name, { dtype: 'float32' as const, dims: [1, 10], data }]]))
  return { ...inline(''), hash: sha256(bytes), data: toHex(bytes) }
}
