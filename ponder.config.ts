import { resolve } from 'node:path'
import { createConfig } from 'ponder'
import { convictionAbi } from './abis/Conviction.ts'
import { gainsayAbi } from './abis/Gainsay.ts'
import { reorgAwareTransport } from './chain/reorg-aware-transport.ts'
import { parseConfig } from './config/config.ts'

const config = parseConfig(process.env)

export default createConfig({
  // Each chain's events in its own order, so that one chain's trouble delays no other.
  ordering: 'multichain',
  database: config.databaseUrl
    ? { kind: 'postgres', connectionString: config.databaseUrl }
    : { kind: 'pglite', directory: resolve(config.dataDir, 'index') },
  chains: {
    gainsay: {
      id: config.chainId,
      // Of several URLs Ponder makes a request bucket each, which is faster to catch up with; see docs/operate.md.
      rpc: config.rpcUrls.length === 1 ? reorgAwareTransport(config.rpcUrls[0] as string) : config.rpcUrls,
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
