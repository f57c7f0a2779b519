import { resolve } from 'node:path'
import { createConfig } from 'ponder'
import { convictionAbi } from './abis/Conviction.ts'
import { gainsayAbi } from './abis/Gainsay.ts'
import { endpointsOf } from './chain/connect.ts'
import { reorgAwareTransport } from './chain/reorg-aware-transport.ts'
import { parseConfig } from './config/config.ts'

const config = parseConfig(process.env)

// Of an URL that is listed several times Ponder makes as many request buckets, which is faster to catch up with. Endpoints
// that differ are ours to choose from: Ponder takes turns, and one that lags would look like a reorg to it.
const repeats = new Set(config.rpcUrls).size < config.rpcUrls.length

export default createConfig({
  // Each chain's events in its own order, so that one chain's trouble delays no other.
  ordering: 'multichain',
  database: config.databaseUrl
    ? { kind: 'postgres', connectionString: config.databaseUrl }
    : { kind: 'pglite', directory: resolve(config.dataDir, 'index') },
  chains: {
    gainsay: {
      id: config.chainId,
      rpc: repeats ? config.rpcUrls : reorgAwareTransport(endpointsOf(config).transport),
      pollingInterval: config.pollMs,
    },
  },
  contracts: {
    Gainsay: {
      abi: gainsayAbi,
      chain: 'gainsay',
      address: config.contract,
      startBlock: config.startBlock,
    },
    Conviction: {
      abi: convictionAbi,
      chain: 'gainsay',
      // Where the seat is empty, an address that can emit nothing: without any, Ponder would take everybody's events.
      address: config.conviction ?? '0x0000000000000000000000000000000000000000',
      startBlock: config.startBlock,
      // And which is asked about in one block alone.
      endBlock: config.conviction ? undefined : config.startBlock,
    },
  },
})
