import { resolve } from 'node:path'
import { createConfig, factory } from 'ponder'
import { getAbiItem } from 'viem'
import { convictionAbi } from './abis/Conviction.ts'
import { gainsayAbi } from './abis/Gainsay.ts'
import { endpointsOf } from './chain/connect.ts'
import { reorgAwareTransport } from './chain/reorg-aware-transport.ts'
import { parseConfig } from './config/config.ts'
import { taskSchedulerAbi } from './networks/opengradient/abi.ts'
import { opengradientContracts } from './networks/opengradient/followed.ts'
import { workflowLogAbi } from './networks/opengradient/logs.ts'

const config = parseConfig(process.env)

/** How Ponder reaches a chain. */
function chainOf(it: { rpcUrls: string[]; chainId: number }) {
  // Of an URL that is listed several times Ponder makes as many request buckets, which is faster to catch up with. Endpoints
  // that differ are ours to choose from: Ponder takes turns, and one that lags would look like a reorg to it.
  const repeats = new Set(it.rpcUrls).size < it.rpcUrls.length
  return {
    id: it.chainId,
    rpc: repeats ? it.rpcUrls : reorgAwareTransport(endpointsOf({ ...config, ...it }).transport),
    pollingInterval: config.pollMs,
  }
}

const { gainsay, opengradient } = config
// A chain is asked once, however many networks are on it.
const opengradientChain: 'gainsay' | 'opengradient' =
  gainsay && opengradient?.chainId === gainsay.chainId ? 'gainsay' : 'opengradient'

/** What is not followed is left out, though the type of the configuration, which the handlers see, has it all. */
function whereFollowed<T>(it: T | undefined): T {
  return it ?? ({} as T)
}

export default createConfig({
  // Each chain's events in its own order, so that one chain's trouble delays no other.
  ordering: 'multichain',
  database: config.databaseUrl
    ? { kind: 'postgres', connectionString: config.databaseUrl }
    : { kind: 'pglite', directory: resolve(config.dataDir, 'index') },
  chains: {
    ...whereFollowed(gainsay && { gainsay: chainOf(gainsay) }),
    ...whereFollowed(
      opengradient && opengradientChain !== 'gainsay' ? { opengradient: chainOf(opengradient) } : undefined,
    ),
  },
  contracts: {
    ...whereFollowed(
      gainsay && {
        Gainsay: {
          abi: gainsayAbi,
          chain: 'gainsay' as const,
          address: gainsay.contract,
          startBlock: gainsay.startBlock,
        },
        Conviction: {
          abi: convictionAbi,
          chain: 'gainsay' as const,
          // Where the seat is empty, an address that can emit nothing: without any, Ponder would take everybody's events.
          address: gainsay.conviction ?? '0x0000000000000000000000000000000000000000',
          startBlock: gainsay.startBlock,
          // And which is asked about in one block alone.
          endBlock: gainsay.conviction ? undefined : gainsay.startBlock,
        },
      },
    ),
    ...whereFollowed(opengradient && opengradientContracts(opengradient, opengradientChain)),
    ...whereFollowed(
      opengradient && {
        OpenGradientWorkflow: {
          abi: workflowLogAbi,
          chain: opengradientChain,
          startBlock: opengradient.startBlock,
          address: factory({
            address: opengradient.scheduler,
            event: getAbiItem({ abi: taskSchedulerAbi, name: 'TaskRegistered' }),
            parameter: 'contractAddress',
          }),
        },
      },
    ),
  },
})
