import { z } from 'zod'
import { address, rpcUrls } from './values.ts'

/** The environment variables of following a Gainsay contract; see docs/operate.md. */
export const gainsayVariables = {
  GAINSAY_RPC_URL: rpcUrls.pipe(z.array(z.string()).min(1, 'needs at least one URL')),
  GAINSAY_CHAIN_ID: z.coerce.number().int().positive(),
  GAINSAY_CONTRACT: address,
  GAINSAY_CONVICTION: address.optional(),
  GAINSAY_START_BLOCK: z.coerce.number().int().nonnegative().default(0),
}

/** The variables that must be set to follow a Gainsay contract, in words. */
export const CONTRACT_VARIABLES = 'GAINSAY_RPC_URL, GAINSAY_CHAIN_ID and GAINSAY_CONTRACT'

/** Whether an environment means to name a Gainsay contract: one of what says where it is has been set. A block names none. */
export function namesContract(set: Record<string, string | undefined>): boolean {
  const { GAINSAY_START_BLOCK: _, ...naming } = gainsayVariables
  return Object.keys(naming).some((name) => name in set)
}

/** Which Gainsay contract is followed. Addresses in lower case. */
export interface GainsayConfig {
  /** JSON-RPC endpoints, the first one preferred */
  rpcUrls: string[]
  chainId: number
  /** the Gainsay contract */
  contract: `0x${string}`
  /** the conviction contract; when not given, the commands read it from `parameters()` */
  conviction: `0x${string}` | undefined
  /** first block to index: the contract's deployment or earlier */
  startBlock: number
}

/** The part of a configuration that is about Gainsay's own network. */
export function gainsayOf(it: z.infer<z.ZodObject<typeof gainsayVariables>>): GainsayConfig {
  return {
    rpcUrls: it.GAINSAY_RPC_URL,
    chainId: it.GAINSAY_CHAIN_ID,
    contract: it.GAINSAY_CONTRACT,
    conviction: it.GAINSAY_CONVICTION,
    startBlock: it.GAINSAY_START_BLOCK,
  }
}

/** The environment that gives this again, in a child process. */
export function gainsayEnvironment(config: GainsayConfig | undefined): Record<string, string> {
  if (!config) return {}
  return {
    GAINSAY_RPC_URL: config.rpcUrls.join(','),
    GAINSAY_CHAIN_ID: String(config.chainId),
    GAINSAY_CONTRACT: config.contract,
    GAINSAY_CONVICTION: config.conviction ?? '',
    GAINSAY_START_BLOCK: String(config.startBlock),
  }
}
