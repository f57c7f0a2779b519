import { resolve } from 'node:path'
import { createConfig } from 'ponder'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { parseConfig } from '../../config/config.ts'
import { contractNeeded } from '../../config/principal.ts'

const config = parseConfig(process.env)
const { rpcUrls, chainId, contract, startBlock } = contractNeeded(config)

// The same chain, database and polling as Gainsay's own app: what differs is only what is done with an event.
export default createConfig({
  ordering: 'multichain',
  database: config.databaseUrl
    ? { kind: 'postgres', connectionString: config.databaseUrl }
    : { kind: 'pglite', directory: resolve(config.dataDir, 'index') },
  chains: { gainsay: { id: chainId, rpc: rpcUrls, pollingInterval: config.pollMs } },
  contracts: {
    Gainsay: { abi: gainsayAbi, chain: 'gainsay', address: contract, startBlock },
  },
})
